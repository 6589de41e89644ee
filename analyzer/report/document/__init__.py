"""The report: everything that one reading of a capture told, as one page, or as Markdown, plain text or JSON.

facts.py gathers while the capture is read; contents.py arranges what was gathered in sections of words, tables and graphs, which
know nothing of any format; page.py, markdown.py, text.py and as_json.py write them.
"""
