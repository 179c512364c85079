# SPDX-License-Identifier: MIT
"""A counter registry as data, for tests of `perfharness doctor`: build one, break it, and write it in every
form that the doctor reads.

    registry = base()                       the small registry of the tests
    registry.services["A"]["First Help"] = 1848
    registry.reg()                          the text of a .reg file"""
import copy

PERFLIB = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Perflib"
SERVICES = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services"
RANGE = ("First Counter", "Last Counter", "First Help", "Last Help")


def multi(texts):
    """REG_MULTI_SZ bytes."""
    return "".join(text + "\0" for text in texts).encode("utf-16-le") + b"\0\0"


def table(pairs):
    return multi([item for index, text in pairs for item in (str(index), text)])


def range_of(first, last):
    return dict(zip(RANGE, (first, last, first + 1, last + 1)))


def hexadecimal(kind, data):
    return f"hex({kind}):" + ",".join(f"{byte:02x}" for byte in data)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Registry:
    def __init__(self):
        self.perflib = {"Base Index": 1847}
        self.services = {}
        self.names = {"009": {1: "1847"}}  # language: {index: name}
        self.help = {"009": {}}
        self.raw = {}      # (language, "Counter" or "Help"): bytes instead of the table
        self.keys = {}     # further keys: {path: {name: value}}

    def copy(self):
        return copy.deepcopy(self)

    def add(self, service, names, gap=0, language="009", help_=True):
        """Install a service with these names after the last one."""
        first = self.perflib.get("Last Counter", 1846) + 2 + gap
        last = first + 2 * (len(names) - 1)
        self.services[service] = {
            "Library": service.lower() + ".dll", "Open": "O", "Collect": "C", "Close": "D",
            **range_of(first, last)}
        for offset, name in enumerate(names):
            self.names[language][first + 2 * offset] = name
            if help_:
                self.help[language][first + 2 * offset + 1] = "About " + name
        self.perflib.update({"Last Counter": last, "Last Help": last + 1})
        return first

    def counter_bytes(self, language="009", kind="Counter"):
        if (language, kind) in self.raw:
            return self.raw[language, kind]
        texts = self.names[language] if kind == "Counter" else self.help.get(language, {})
        return table(sorted(texts.items()))

    def all_keys(self):
        keys = {PERFLIB: self.perflib}
        for language in sorted(set(self.names) | set(self.help)):
            values = {}
            if language in self.names:
                values["Counter"] = ("7", self.counter_bytes(language))
            if language in self.help:
                values["Help"] = ("7", self.counter_bytes(language, "Help"))
            keys[PERFLIB + "\\" + language] = values
        for name, values in self.services.items():
            keys[f"{SERVICES}\\{name}\\Performance"] = values
        keys.update(self.keys)
        return keys

    def reg(self):
        lines = ["Windows Registry Editor Version 5.00", ""]
        for path, values in self.all_keys().items():
            lines.append(f"[{path}]")
            for name, value in values.items():
                if isinstance(value, int):
                    data = f"dword:{value:08x}"
                elif isinstance(value, str):
                    data = quoted(value)
                else:
                    data = hexadecimal(*value)
                lines.append(f"{quoted(name)}={data}")
            lines.append("")
        return "\r\n".join(lines)

    def backup(self, languages=None):
        """PerfStringBackup.INI: UTF-16 without a mark, no line break at the end."""
        blocks = ["\r\n\r\n[Perflib]\r\n" + "\r\n".join(
            f"{name}={self.perflib[name]}" for name in ("Base Index", "Last Counter", "Last Help")
            if name in self.perflib)]
        for service in sorted(self.services, key=str.lower):
            values = self.services[service]
            if "First Counter" not in values or service == "WmiApRpl":
                continue
            order = ("First Counter", "First Help", "Last Counter", "Last Help",
                     "Disable Performance Counters")
            blocks.append(f"[PERF_{service}]\r\n" + "\r\n".join(
                f"{name}={values[name]}" for name in order if isinstance(values.get(name), int)))
        for language in languages or sorted(self.names):
            both = {**self.names[language], **self.help.get(language, {})}
            blocks.append(f"[PerfStrings_{language}]\r\n" + "\r\n".join(
                f"{index}={text}" for index, text in sorted(both.items())))
        return "\r\n\r\n".join(blocks).encode("utf-16-le")

    def query(self, enabled="Enabled", disabled="Disabled"):
        """What lodctr /q prints."""
        perflib = self.perflib
        text = "Performance Counter ID Queries [PERFLIB]:\n"
        for label, name in (("Base Index", "Base Index"), ("Last Counter Text ID", "Last Counter"),
                            ("Last Help Text ID", "Last Help")):
            text += f"    {label}: 0x{perflib[name]:08X} ({perflib[name]})\n"
        for service in sorted(self.services, key=str.lower):
            values = self.services[service]
            state = disabled if values.get("Disable Performance Counters", 0) == 1 else enabled
            text += f"\n[{service}] Performance Counters ({state})\n"
            for label, name in (("DLL Name", "Library"), ("Open Procedure", "Open"),
                                ("Collect Procedure", "Collect"), ("Close Procedure", "Close")):
                text += f"    {label}: {values.get(name, '')}\n"
            for name in RANGE:
                if name in values:
                    text += f"    {name} ID: 0x{values[name]:08X} ({values[name]})\n"
        return text


def base():
    """Services A and B, all names, as in the tests of the specification."""
    registry = Registry()
    registry.names["009"].update({2: "System", 4: "Memory", 238: "Processor"})
    registry.help["009"].update({3: "About System", 5: "About Memory", 239: "About Processor"})
    registry.add("A", ["Alpha", "Alpha one", "Alpha two", "Alpha three", "Alpha four"])
    registry.add("B", ["Beta", "Beta one", "Beta two"])
    return registry


def read_reg(data):
    """Keys and values of a .reg file: {path: {name: data as text}}; later lines win."""
    text = data.decode("utf-16") if data[:2] == b"\xff\xfe" else data.decode("utf-8-sig")
    keys, key = {}, None
    for line in text.replace("\\\r\n  ", "").replace("\\\n  ", "").splitlines():
        if line.startswith("["):
            key = keys.setdefault(line.strip("[]").lower(), {})
        elif line.startswith('"'):
            name, _, value = line[1:].partition('"=')
            if value == "-":
                key.pop(name.lower(), None)
            else:
                key[name.lower()] = value
    return keys
