"""Certificates (RFC 5280): the fields that people ask for, read tolerantly.

A capture shows exactly the certificates that strict readers refuse: negative serial numbers, local times, names that are not what
their type says. So the structure is walked here, field by field, and one bad field does not hide the others. Keys and signatures
are left to the library `cryptography`.
"""
