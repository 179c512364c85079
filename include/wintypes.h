/* SPDX-License-Identifier: MIT
 *
 * Windows' basic types for code that is also compiled natively: DWORD, WCHAR, TEXT16("..."),
 * the calling conventions and the error codes. On Windows this header includes windows.h. On other
 * systems it defines the same names with the sizes of the x64 data model. winperf.h, perflib.h and
 * processsnapshot.h include it.
 *
 * Text is UTF-16 everywhere: WCHAR has 16 bits, even where wchar_t has 32.
 */
#ifndef HEAPCTRS_WINTYPES_H
#define HEAPCTRS_WINTYPES_H

#ifdef _WIN32

#include <windows.h>

/** A UTF-16 literal: TEXT16("Global"). */
#define TEXT16(literal) TEXT16_PASTE(literal)
#define TEXT16_PASTE(literal) L##literal

#else

#include <stddef.h>
#include <stdint.h>
#ifndef __cplusplus
#include <uchar.h>
#endif

/** A UTF-16 literal: TEXT16("Global"). */
#define TEXT16(literal) TEXT16_PASTE(literal)
#define TEXT16_PASTE(literal) u##literal

typedef void VOID;
typedef void *PVOID, *LPVOID, *HANDLE, *HMODULE, *HINSTANCE;
typedef const void *LPCVOID;
typedef HANDLE *PHANDLE, *LPHANDLE;
typedef uint8_t BYTE, *PBYTE, *LPBYTE;
typedef uint16_t WORD, *PWORD, *LPWORD, USHORT, *PUSHORT;
typedef int16_t SHORT;
typedef uint32_t DWORD, *PDWORD, *LPDWORD, ULONG, *PULONG, UINT;
typedef int32_t LONG, *PLONG, BOOL, INT;
typedef uint64_t ULONGLONG, *PULONGLONG, DWORDLONG, UINT64, DWORD64, ULONG64;
typedef int64_t LONGLONG, INT64;
typedef uintptr_t ULONG_PTR, *PULONG_PTR, DWORD_PTR, UINT_PTR;
typedef intptr_t LONG_PTR, INT_PTR;
typedef size_t SIZE_T, *PSIZE_T;
typedef char CHAR, *PCHAR, *LPSTR, *PSTR;
typedef const char *LPCSTR, *PCSTR;
typedef char16_t WCHAR, *PWCHAR, *LPWSTR, *PWSTR;
typedef const WCHAR *LPCWSTR, *PCWSTR, *LPCWCH;

/* Alignment of a member, written before its type. Windows aligns 64-bit integers to 8 bytes on x86
   too, but the System V ABI of i386 does not. Shared layouts therefore state the alignment. */
#define DECLSPEC_ALIGN(bytes) __attribute__((aligned(bytes)))

typedef union _LARGE_INTEGER {
    struct {
        DWORD LowPart;
        LONG HighPart;
    } u;
    DECLSPEC_ALIGN(8) LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef struct _FILETIME {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

typedef struct _SYSTEMTIME {
    WORD wYear;
    WORD wMonth;
    WORD wDayOfWeek;
    WORD wDay;
    WORD wHour;
    WORD wMinute;
    WORD wSecond;
    WORD wMilliseconds;
} SYSTEMTIME, *PSYSTEMTIME, *LPSYSTEMTIME;

#ifndef GUID_DEFINED
#define GUID_DEFINED
typedef struct _GUID {
    uint32_t Data1;
    uint16_t Data2;
    uint16_t Data3;
    uint8_t Data4[8];
} GUID, *LPGUID;
typedef const GUID *LPCGUID;
#endif

/* Only 32-bit Windows has more than one calling convention. */
#define WINAPI
#define APIENTRY
#define CALLBACK
#define NTAPI

#ifndef EXTERN_C
#ifdef __cplusplus
#define EXTERN_C extern "C"
#else
#define EXTERN_C extern
#endif
#endif

#ifndef FORCEINLINE
#define FORCEINLINE static inline __attribute__((always_inline))
#endif
#ifndef DECLSPEC_SELECTANY
#define DECLSPEC_SELECTANY __attribute__((weak))
#endif

#define DECLARE_HANDLE(name)                                                                       \
    struct name##__ {                                                                              \
        int unused;                                                                                \
    };                                                                                             \
    typedef struct name##__ *name

#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif
#define MAX_PATH 260
#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)

/** Natively a process handle is a process id; this value is the calling process. */
#define GetCurrentProcess() ((HANDLE)(LONG_PTR)-1)

/* Priority classes of a process. */
#define NORMAL_PRIORITY_CLASS 0x20
#define IDLE_PRIORITY_CLASS 0x40
#define HIGH_PRIORITY_CLASS 0x80
#define BELOW_NORMAL_PRIORITY_CLASS 0x4000
#define ABOVE_NORMAL_PRIORITY_CLASS 0x8000

/* Registry value types. */
#define REG_NONE 0
#define REG_SZ 1
#define REG_EXPAND_SZ 2
#define REG_BINARY 3
#define REG_DWORD 4
#define REG_DWORD_BIG_ENDIAN 5
#define REG_LINK 6
#define REG_MULTI_SZ 7
#define REG_QWORD 11

/* Error codes (winerror.h). The whole project reports errors with these codes. */
#define ERROR_SUCCESS 0
#define NO_ERROR 0
#define ERROR_INVALID_FUNCTION 1
#define ERROR_FILE_NOT_FOUND 2
#define ERROR_PATH_NOT_FOUND 3
#define ERROR_TOO_MANY_OPEN_FILES 4
#define ERROR_ACCESS_DENIED 5
#define ERROR_INVALID_HANDLE 6
#define ERROR_NOT_ENOUGH_MEMORY 8
#define ERROR_INVALID_DATA 13
#define ERROR_OUTOFMEMORY 14
#define ERROR_NO_MORE_FILES 18
#define ERROR_NOT_READY 21
#define ERROR_BAD_LENGTH 24
#define ERROR_WRITE_FAULT 29
#define ERROR_READ_FAULT 30
#define ERROR_GEN_FAILURE 31
#define ERROR_SHARING_VIOLATION 32
#define ERROR_HANDLE_EOF 38
#define ERROR_NOT_SUPPORTED 50
#define ERROR_FILE_EXISTS 80
#define ERROR_INVALID_PARAMETER 87
#define ERROR_BROKEN_PIPE 109
#define ERROR_DISK_FULL 112
#define ERROR_CALL_NOT_IMPLEMENTED 120
#define ERROR_INSUFFICIENT_BUFFER 122
#define ERROR_INVALID_NAME 123
#define ERROR_MOD_NOT_FOUND 126
#define ERROR_PROC_NOT_FOUND 127
#define ERROR_LOCK_FAILED 167
#define ERROR_BUSY 170
#define ERROR_ALREADY_EXISTS 183
#define ERROR_BAD_EXE_FORMAT 193
#define ERROR_FILE_TOO_LARGE 223
#define ERROR_NO_DATA 232
#define ERROR_PIPE_NOT_CONNECTED 233
#define ERROR_MORE_DATA 234
#define WAIT_TIMEOUT 258
#define ERROR_NO_MORE_ITEMS 259
#define STILL_ACTIVE 259
#define ERROR_ARITHMETIC_OVERFLOW 534
#define ERROR_NOACCESS 998
#define ERROR_FILE_INVALID 1006
#define ERROR_SERVICE_DOES_NOT_EXIST 1060
#define ERROR_NO_UNICODE_TRANSLATION 1113
#define ERROR_DLL_INIT_FAILED 1114
#define ERROR_NOT_FOUND 1168
#define ERROR_CANCELLED 1223
#define ERROR_INVALID_OWNER 1307
#define ERROR_TIMEOUT 1460
#define ERROR_WMI_GUID_NOT_FOUND 4200

#endif /* _WIN32 */

#endif /* HEAPCTRS_WINTYPES_H */
