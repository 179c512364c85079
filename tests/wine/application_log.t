#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# variants: win64
# alone
#
# On Windows, the events of perflib go to the Application log. Wine has no log that can be read back, but its
# ReportEventW prints its arguments on its debug channels.
[[ ${HEAPCTRS_WINE64_PREFIX:-} ]] || exec scripts/wine-prefix "$0"
. tests/tap.sh
[[ $BUILD == *win64 ]] || BUILD=build/win64
type -P wine >/dev/null || skip_all 'Wine is not installed'

# registration FILE WORDS [VALUE]: the fake, whose Open gets these words, and a Perflib value.
registration()
{
    cat >"$1" <<REG
Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Perflib]
"Configuration Flags"=dword:00000002
${3:-}

[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\first\\Performance]
"Library"="plain_fake.dll"
"Open"="FakeOpen"
"Collect"="FakeCollect"
"Close"="FakeClose"

[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\first\\Linkage]
"Export"=hex(7):$(printf '%s\0\0' "$2" | iconv -t UTF-16LE | od -An -tx1 -v | tr -s ' \n' ',,' |
    sed 's/^,//; s/,$//')
REG
}

# logged: the calls of ReportEventW in the last run: type, id, then the strings, one per line.
logged()
{
    sed -n 's/.*fixme:advapi:ReportEventW ([^,]*,0x\([0-9a-f]*\),0x0000,0x\([0-9a-f]*\),.*/\1 \2/p
            s/.*err:eventlog:ReportEventW L"\(.*\)"/\1/p
            s/.*warn:eventlog:ReportEventW L"\(.*\)"/\1/p' <<<"$errors" | tr '\n' '|'
}

query()
{
    WINEDEBUG=fixme+advapi,err+eventlog,warn+eventlog run timeout 900 wine "$BUILD/perfharness.exe" \
        --registry "$tmp/fake.reg" --library-path "$BUILD/faulty" query --format raw "$@"
}

registration "$tmp/fake.reg" crash
query Global
like "$errors" 'RegisterEventSourceW .*L"perfharness"' 'the source is perfharness'
like "$(logged)" '^0001 000003f1\|[^|]*plain_fake.dll\|first\|0xC0000005\|0x[0-9A-F]+\|$' \
    'an exception in Open: an error, 1009, with library, service, code and address'

query Global --event-log "$tmp/events"
is "$(logged)" '' 'with --event-log it goes there, and not into the log'

registration "$tmp/fake.reg" 'return 5'
query Global
is "$(logged)" '' 'a warning is not severe enough for the registered EventLogLevel'

registration "$tmp/fake.reg" 'return 5' '"EventLogLevel"=dword:00000002'
query Global
like "$(logged)" '^0002 000003f0\|first\|[^|]*plain_fake.dll\|5\|$' \
    'EventLogLevel 2: Open failed is a warning, 1008, with service, library and error'

registration "$tmp/fake.reg" crash '"EventLogLevel"=dword:00000000'
query Global
is "$(logged)" '' 'EventLogLevel 0: nothing is logged'
like "$errors" 'event 1009' 'and yet it is reported on stderr'
done_testing
