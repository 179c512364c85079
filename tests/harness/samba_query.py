#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Fill the counters of a Samba server, and ask it for HKEY_PERFORMANCE_DATA over RPC. It is run by Debian's own Python,
which alone can import Debian's samba and tdb.

usage: samba_query.py fill FOLDER            write the databases of smbd's state directory
       samba_query.py query CONF VALUE SIZE  print {"type", "size", "data"} as JSON, or {"error"}"""
import json
import os
import struct
import sys

LARGE_RAWCOUNT, RAWCOUNT = 0x00010100, 0x00010000
# The keys are those of Samba's source3/registry/reg_perfcount.c. An instance has the values of its counters one after the
# other; Samba stores those of 32 bits as a long, which has 8 bytes.
NAMES = {
    "1": "3", "2": "Thing", "3": "A thing.", "2rel": "p", "2inst": "2", "2i0name": "one", "2i1name": "two",
    "4": "Count", "5": "How many.", "4rel": "c[2]", "4type": str(LARGE_RAWCOUNT),
    "6": "Small", "7": "It has 32 bits.", "6rel": "c[2]", "6type": str(RAWCOUNT),
    "0PerfFreq": "100",
}
DATA = {
    "4": "0", "6": "0", "0PerfTime": "12345", "0PerfTime100nSec": "133000000000000000",
    "2i0": struct.pack("<QQ", 1234567890123, 77), "2i1": struct.pack("<QQ", 5, 6),
}


def fill(folder):
    import tdb
    for name, rows in (("names.tdb", NAMES), ("data.tdb", DATA)):
        database = tdb.Tdb(os.path.join(folder, name), 0, tdb.DEFAULT, os.O_RDWR | os.O_CREAT, 0o644)
        for key, value in rows.items():
            database.store(key.encode(), value if isinstance(value, bytes) else value.encode())
        database.close()


def query(path, value, size):
    from samba import WERRORError
    from samba.credentials import Credentials
    from samba.dcerpc import winreg
    from samba.param import LoadParm
    parameters = LoadParm()
    parameters.load(path)
    credentials = Credentials()
    credentials.guess(parameters)
    credentials.set_username("root")
    credentials.set_password("secret")
    connection = winreg.winreg("ncacn_np:127.0.0.1[\\winreg]", parameters, credentials)
    name = winreg.String()
    name.name = value
    key = connection.OpenHKPD(None, 0x02000000)  # MAXIMUM_ALLOWED
    try:
        kind, data, got, _ = connection.QueryValue(key, name, 0, [0] * size, size, 0)
    except WERRORError as error:
        return {"error": error.args[1]}
    return {"type": kind, "size": got, "data": bytes(data[:got]).hex()}


if sys.argv[1] == "import":
    import samba.dcerpc.winreg
    import tdb
elif sys.argv[1] == "fill":
    fill(sys.argv[2])
else:
    print(json.dumps(query(sys.argv[2], sys.argv[3], int(sys.argv[4]))))
