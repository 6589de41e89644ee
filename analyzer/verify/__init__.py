"""Second opinions: the same capture read by dpkt, scapy and the user's own tshark, compared with what the analyzer says."""
