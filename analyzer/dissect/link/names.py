"""Names of what link layers carry but is not dissected: Wireshark's abbreviations, or tcpdump's names where it has none."""

from typing import Final

#: By LINKTYPE_ number (tcpdump.org/linktypes.html)
LINKTYPES: Final[dict[int, str]] = {
    -1: "pcapng", 2: "en3mb", 3: "ax25", 4: "pronet", 5: "chaos", 6: "tr", 15: "slip_bsdos", 16: "clip", 18: "clip",
    32: "redback", 99: "symantec_firewall", 102: "slip_bsdos", 103: "ppp_bsdos", 111: "hhdlc", 112: "chdlc",
    114: "llap", 123: "atm", 128: "tzsp", 130: "juniper", 131: "juniper", 132: "juniper_es", 133: "juniper",
    134: "juniper_mfr", 135: "juniper", 136: "juniper", 137: "juniper", 139: "mtp2", 140: "mtp2", 141: "mtp3",
    142: "sccp", 143: "docsis", 144: "linux_irda", 147: "user0", 148: "user1", 150: "user3", 151: "user4",
    152: "user5", 153: "user6", 154: "user7", 155: "user8", 156: "user9", 157: "user10", 158: "user11", 159: "user12",
    160: "user13", 161: "user14", 162: "user15", 164: "juniper_monitor", 165: "mstp", 166: "ppp_pppd",
    168: "juniper_pppoe_atm", 169: "llcgprs", 170: "gfp", 171: "gfp", 174: "juniper_pic_peer", 175: "erf_eth",
    176: "erf_pos", 177: "linux_lapd", 179: "juniper", 180: "juniper", 181: "juniper", 182: "mfr", 183: "juniper",
    184: "juniper", 185: "a653_icm", 186: "usb", 187: "hci_h4", 188: "ieee802_16_mac_cps", 189: "usb", 190: "can20b",
    191: "ieee802_15_4_linux", 193: "ieee802_16_mac_cps_radio", 194: "juniper_ism", 195: "wpan", 196: "sita",
    197: "erf", 198: "raif1", 199: "i2c", 200: "juniper", 201: "hci_h4", 202: "ax25_kiss", 203: "lapd", 209: "i2c",
    210: "flexray", 212: "lin", 215: "wpan-nonask-phy", 216: "linux_evdev", 220: "usb", 221: "dect", 222: "aos",
    223: "wihart", 224: "fc", 225: "fcsof", 227: "can", 230: "wpan", 231: "dbus", 232: "juniper_vs",
    233: "juniper_srx_e2e", 234: "juniper_fibrechannel", 235: "dvb_ci", 236: "mux27010", 237: "stanag_5066_d_pdu",
    238: "juniper_atm_cemic", 240: "netanalyzer", 241: "netanalyzer", 243: "mpeg_2_ts", 244: "ng40",
    245: "nfc_llcp", 246: "pfsync", 247: "infiniband", 248: "sctp", 249: "usb", 250: "rtacser", 251: "btle",
    252: "exported_pdu", 253: "netlink", 254: "hci_mon", 255: "btbredr_rf", 256: "btle_rf", 257: "profibus_dl",
    259: "epon", 260: "ipmi.trace", 261: "zwave_r1_r2", 262: "zwave_r3", 263: "wattstopper_dlm", 264: "iso_14443",
    265: "rds", 266: "usb", 267: "openflow", 268: "sdlc", 269: "ti_lln_sniffer", 270: "loratap", 271: "vsock",
    272: "nordic_ble", 273: "xra", 274: "fpp", 275: "dpauxmon", 278: "openvizsla", 279: "ebhscr", 280: "vpp",
    281: "dsa_tag_brcm", 282: "dsa_tag_brcm_prepend", 283: "ieee802_15_4_tap", 284: "dsa_tag_dsa",
    285: "dsa_tag_edsa", 286: "elee", 287: "z_wave_serial", 288: "usbll", 289: "atsc_alp", 290: "etw", 293: "usbll",
    294: "usbll", 295: "usbll",
}  # fmt: skip

#: By EtherType; 1: Novell's frames without an LLC header
ETHERTYPES: Final[dict[int, str]] = {
    0x0001: "ipx", 0x0600: "idp", 0x0641: "roofnet", 0x0643: "roofnet", 0x0644: "roofnet", 0x0645: "roofnet",
    0x0712: "mdp", 0x0713: "mdp", 0x08F0: "m2m", 0x08FF: "bpq", 0x0BAD: "vines_ip", 0x0BAF: "vines_echo",
    0x0C15: "c15hbeat", 0x2001: "cgmp", 0x22E5: "gmhdr", 0x22EA: "mrp-msrp", 0x22F0: "ieee1722", 0x22F1: "rohc",
    0x22F3: "trill", 0x22F4: "isis", 0x2323: "dect", 0x2452: "wlan_centrino", 0x4305: "batadv", 0x4742: "c15.ch",
    0x6000: "lapbether", 0x6003: "dec_dna", 0x6004: "lat", 0x8021: "ipcp", 0x8023: "osinlcp", 0x8038: "dec_stp",
    0x8057: "ipv6cp", 0x8059: "pppmuxcp", 0x809A: "wpan", 0x809B: "llap", 0x80D5: "snaeth", 0x80E1: "dlr",
    0x80F3: "aarp", 0x80FD: "ccp", 0x80FF: "wcp", 0x8102: "bofl", 0x8103: "lacp", 0x8133: "nsrp", 0x8137: "ipx",
    0x8181: "stp", 0x81FD: "ismp", 0x8204: "lwl4", 0x8207: "cdpcp", 0x8281: "mplscp", 0x872D: "wlccp", 0x8783: "mint",
    0x8808: "macc", 0x8809: "slow", 0x8863: "pppoed", 0x886C: "hpna", 0x886D: "ans", 0x886F: "msnlb",
    0x8874: "brcm-tag", 0x887B: "homeplug", 0x888E: "eapol", 0x8892: "pn_rt", 0x8899: "realtek", 0x889A: "hyperscsi",
    0x889B: "csm_encaps", 0x88A1: "telkonet", 0x88A2: "aoe", 0x88A4: "ecatf", 0x88AE: "brdwlk", 0x88B7: "ieee802a",
    0x88B8: "goose", 0x88BA: "sv", 0x88BB: "lwapp", 0x88C7: "eapol", 0x88CA: "tipc", 0x88CC: "lldp", 0x88CD: "siii",
    0x88D8: "cesoeth", 0x88D9: "lltd", 0x88DC: "wsmp", 0x88DE: "vmlab", 0x88E1: "homeplug-av", 0x88E3: "pn_mrp",
    0x88E7: "ieee8021ah", 0x88EE: "elmi", 0x88F5: "mrp-mvrp", 0x88F6: "mrp-mmrp", 0x88F7: "ptp",
    0x88F8: "ncsi", 0x88FB: "hsr_prp_supervision", 0x8901: "flip", 0x8902: "cfm", 0x8903: "cfp", 0x8906: "fcoe",
    0x8909: "cmd", 0x8911: "linx", 0x8914: "fip", 0x8915: "infiniband", 0x8917: "mih", 0x891D: "tte",
    0x8926: "vntag", 0x892D: "bluecom", 0x892F: "hsr", 0x893A: "ieee1905", 0x893F: "etag", 0x8940: "ecp21",
    0x8942: "lldp", 0x8947: "gnw", 0x8988: "hbbak", 0x9000: "loop", 0x9021: "rtmac", 0x9022: "rtcfg", 0x9104: "eero",
    0x99FE: "tecmp", 0xA0ED: "6lowpan", 0xAAAA: "dec_dsa", 0xABCD: "brdwlk", 0xAEFE: "ecpri", 0xB4E3: "cl3",
    0xBBBB: "lwapp", 0xC021: "lcp", 0xC023: "pap", 0xC029: "cbcp", 0xC02B: "bacp", 0xC02D: "bap", 0xC0DE: "xip",
    0xC0DF: "nwp", 0xC223: "chap", 0xCAFE: "llt", 0xD00D: "tdmoe", 0xE555: "exeh", 0xF052: "hcrt",
    0xF1C1: "ieee8021cb", 0xFCFC: "mdshdr",
}  # fmt: skip

#: By protocol field of a Linux cooked capture, below the EtherTypes; 0x10000: an interface of netlink
LINUX: Final[dict[int, str]] = {
    0x0001: "ipx", 0x000C: "can", 0x000D: "canfd", 0x0017: "irlap", 0x00F5: "isi", 0x00F6: "wpan", 0x10000: "netlink",
}  # fmt: skip

#: By DSAP; 0x100: another organization's SNAP; above 0x10000: Cisco's protocol identifiers
LLC: Final[dict[int, str]] = {
    0x0004: "sna", 0x0008: "sna", 0x000C: "sna", 0x0010: "ipx", 0x0014: "osi", 0x0020: "osi", 0x0034: "osi",
    0x0040: "sna", 0x0042: "stp", 0x0054: "osi", 0x007E: "x25", 0x0080: "3comxns", 0x0082: "bacnet",
    0x00BC: "vines_llc", 0x00C8: "sna", 0x00E0: "ipx", 0x00F0: "netbios", 0x00F8: "hpext", 0x00FC: "rpl",
    0x00FE: "osi", 0x0100: "snap", 0x10104: "pagp", 0x10108: "stp", 0x10109: "stp", 0x1010B: "stp", 0x1010C: "stp",
    0x10111: "udld", 0x10139: "mcp", 0x12000: "cdp", 0x12001: "cgmp", 0x12003: "vtp", 0x12004: "dtp",
}  # fmt: skip

#: By PPP protocol number
PPP: Final[dict[int, str]] = {
    0x0023: "osi", 0x0027: "dec_dna", 0x0029: "ddp", 0x002B: "ipx", 0x002D: "vjc", 0x002F: "vjc", 0x0031: "bcp_bpdu",
    0x0035: "vines_ip", 0x003D: "mp", 0x004B: "llc", 0x004D: "sna", 0x0059: "pppmux", 0x005B: "vsnp", 0x0061: "crtp",
    0x00FD: "comp_data", 0x0205: "dec_stp", 0x0207: "cdp", 0x8021: "ipcp", 0x8023: "osinlcp", 0x8031: "bcp_ncp",
    0x8057: "ipv6cp", 0x8059: "pppmuxcp", 0x805B: "vsncp", 0x80FD: "ccp", 0x8207: "cdpcp", 0x8281: "mplscp",
    0xC021: "lcp", 0xC023: "pap", 0xC029: "cbcp", 0xC02B: "bacp", 0xC02D: "bap", 0xC223: "chap", 0xC227: "eap",
}  # fmt: skip

#: By Cisco HDLC's protocol field
CHDLC: Final[dict[int, str]] = {
    0x0111: "udld", 0x0600: "idp", 0x2000: "cdp", 0x4242: "stp", 0x6003: "dec_dna", 0x8035: "slarp",
    0x8038: "dec_stp", 0x809B: "ddp", 0x80F3: "aarp", 0x8137: "ipx", 0xFEFE: "osi",
}  # fmt: skip

#: By network layer protocol identifier
NLPIDS: Final[dict[int, str]] = {
    0x0008: "q933", 0x0009: "lmi", 0x0080: "snap", 0x0081: "osi", 0x0082: "esis", 0x0083: "isis",
}  # fmt: skip

#: By BSD address family
FAMILIES: Final[dict[int, str]] = {
    7: "osi", 16: "ddp", 23: "ipx",
}  # fmt: skip

#: By ARCNET protocol number
ARCNET: Final[dict[int, str]] = {
    221: "ddp", 236: "ipx", 247: "vines_ip", 250: "ipx",
}  # fmt: skip
