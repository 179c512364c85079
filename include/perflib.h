/* SPDX-License-Identifier: MIT
 *
 * PERFLIB V2: the interface of providers that register countersets (PerfStartProviderEx, ...) and
 * of the consumers that read them (PerfOpenQueryHandle, ...). On Windows this header includes the
 * tool chain's own header of the same name and adds the consumer interface and the constants that
 * mingw-w64's header lacks. On other systems it defines the same names with the layout of x64
 * Windows. The header can be used from C and C++.
 *
 * The functions are implemented by:
 *   natively                        libperflib.a (harness/perflib/)
 *   natively, in a library          the program that loads the library: perfharness check --v2, or
 *                                   a program that exports libperflib.a's functions
 *   on Windows                      advapi32.dll; the consumer functions from Windows 10 1607 on
 *   on Windows, PERFLIB_EMULATED    libperflib.a. If that macro is defined before this header is
 *                                   included, each name here means the emulation's function, so a
 *                                   program can use both implementations
 *
 * Functions return a Win32 code; 0 is success. PerfCreateInstance and PerfQueryInstance return NULL
 * on failure, and GetLastError returns the code. Offsets are bytes from the start of the structure
 * that contains them. The size of each block of the consumer functions is a multiple of 8 bytes.
 *
 * Rule: the sizes and offsets are proven by tests/unit/layouts.def for every target.
 */
#ifndef HEAPCTRS_PERFLIB_H
#define HEAPCTRS_PERFLIB_H

#if defined(_WIN32) && defined(PERFLIB_EMULATED)
#define PerfStartProvider EmulatedPerfStartProvider
#define PerfStartProviderEx EmulatedPerfStartProviderEx
#define PerfStopProvider EmulatedPerfStopProvider
#define PerfSetCounterSetInfo EmulatedPerfSetCounterSetInfo
#define PerfCreateInstance EmulatedPerfCreateInstance
#define PerfDeleteInstance EmulatedPerfDeleteInstance
#define PerfQueryInstance EmulatedPerfQueryInstance
#define PerfSetCounterRefValue EmulatedPerfSetCounterRefValue
#define PerfSetULongCounterValue EmulatedPerfSetULongCounterValue
#define PerfSetULongLongCounterValue EmulatedPerfSetULongLongCounterValue
#define PerfIncrementULongCounterValue EmulatedPerfIncrementULongCounterValue
#define PerfIncrementULongLongCounterValue EmulatedPerfIncrementULongLongCounterValue
#define PerfDecrementULongCounterValue EmulatedPerfDecrementULongCounterValue
#define PerfDecrementULongLongCounterValue EmulatedPerfDecrementULongLongCounterValue
#define PerfEnumerateCounterSet EmulatedPerfEnumerateCounterSet
#define PerfEnumerateCounterSetInstances EmulatedPerfEnumerateCounterSetInstances
#define PerfQueryCounterSetRegistrationInfo EmulatedPerfQueryCounterSetRegistrationInfo
#define PerfOpenQueryHandle EmulatedPerfOpenQueryHandle
#define PerfCloseQueryHandle EmulatedPerfCloseQueryHandle
#define PerfQueryCounterInfo EmulatedPerfQueryCounterInfo
#define PerfQueryCounterData EmulatedPerfQueryCounterData
#define PerfAddCounters EmulatedPerfAddCounters
#define PerfDeleteCounters EmulatedPerfDeleteCounters
#endif

#ifdef _WIN32

#pragma GCC system_header
#include <windows.h>
#ifdef PERFLIB_EMULATED
/* Not imported from a library: the prototypes below name functions of this program. */
#pragma push_macro("WINADVAPI")
#undef WINADVAPI
#define WINADVAPI
#endif
#include_next <perflib.h>

#else

#include "wintypes.h"

#define WINADVAPI

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what a provider passes ---------------------------------------------------------------- */

/** Allocate memory for a provider: a block of AllocSize bytes, or NULL. */
typedef LPVOID(CALLBACK *PERF_MEM_ALLOC)(SIZE_T AllocSize, LPVOID pContext);

/** Free a block of PERF_MEM_ALLOC. */
typedef void(CALLBACK *PERF_MEM_FREE)(LPVOID pBuffer, LPVOID pContext);

/** Called when a consumer acts: RequestCode is one of PERF_ADD_COUNTER ... PERF_COLLECT_END. */
typedef ULONG(WINAPI *PERFLIBREQUEST)(ULONG RequestCode, PVOID Buffer, ULONG BufferSize);

/** For PerfStartProviderEx. Only this layout depends on the size of a pointer. */
typedef struct _PERF_PROVIDER_CONTEXT {
    DWORD ContextSize; /* sizeof(PERF_PROVIDER_CONTEXT) */
    DWORD Reserved;    /* 0 */
    PERFLIBREQUEST ControlCallback;
    PERF_MEM_ALLOC MemAllocRoutine; /* both routines or neither */
    PERF_MEM_FREE MemFreeRoutine;
    LPVOID pMemContext; /* passed unchanged to both routines */
} PERF_PROVIDER_CONTEXT, *PPERF_PROVIDER_CONTEXT;

/** Buffer of the control callback for PERF_ADD_COUNTER and PERF_REMOVE_COUNTER. */
typedef struct _PERF_COUNTER_IDENTITY {
    GUID CounterSetGuid;
    ULONG BufferSize;    /* bytes, names included */
    ULONG CounterId;     /* or PERF_WILDCARD_COUNTER */
    ULONG InstanceId;    /* or 0xFFFFFFFF for any */
    ULONG MachineOffset; /* to the computer's name, terminated */
    ULONG NameOffset;    /* to the instance's name, terminated */
    ULONG Reserved;
} PERF_COUNTER_IDENTITY, *PPERF_COUNTER_IDENTITY;

/** A counter of a counterset's template. */
typedef struct _PERF_COUNTER_INFO {
    ULONG CounterId;
    ULONG Type;                         /* PERF_COUNTER_COUNTER, ... */
    DECLSPEC_ALIGN(8) ULONGLONG Attrib; /* PERF_ATTRIB_* */
    ULONG Size;                         /* bytes of the raw value; PERFLIB ignores it */
    ULONG DetailLevel;                  /* PERF_DETAIL_* */
    LONG Scale;                         /* power of ten for display */
    ULONG Offset;                       /* PERFLIB ignores it */
} PERF_COUNTER_INFO, *PPERF_COUNTER_INFO;

/** A counterset's template: NumCounters PERF_COUNTER_INFO follow. */
typedef struct _PERF_COUNTERSET_INFO {
    GUID CounterSetGuid;
    GUID ProviderGuid;
    ULONG NumCounters;
    ULONG InstanceType; /* PERF_COUNTERSET_SINGLE_INSTANCE, ... */
} PERF_COUNTERSET_INFO, *PPERF_COUNTERSET_INFO;

/** An instance: one cell of 8 bytes for each counter follows in template order, then the name. */
typedef struct _PERF_COUNTERSET_INSTANCE {
    GUID CounterSetGuid;
    ULONG dwSize; /* bytes of the whole block, a multiple of 8 */
    ULONG InstanceId;
    ULONG InstanceNameOffset;
    ULONG InstanceNameSize; /* bytes, terminator included */
} PERF_COUNTERSET_INSTANCE, *PPERF_COUNTERSET_INSTANCE;

/* ---- the provider's functions -------------------------------------------------------------- */

ULONG WINAPI PerfStartProvider(LPGUID ProviderGuid, PERFLIBREQUEST ControlCallback,
                               HANDLE *phProvider);
ULONG WINAPI PerfStartProviderEx(LPGUID ProviderGuid, PPERF_PROVIDER_CONTEXT ProviderContext,
                                 HANDLE *phProvider);

/** Stop a provider. Its remaining instances are deleted, all memory is freed, and the handle becomes
 *  invalid. */
ULONG WINAPI PerfStopProvider(HANDLE hProvider);

/** Register a counterset with this provider; dwTemplateSize bytes at pTemplate, copied. */
ULONG WINAPI PerfSetCounterSetInfo(HANDLE hProvider, PPERF_COUNTERSET_INFO pTemplate,
                                   ULONG dwTemplateSize);

/** Make an instance. PERFLIB owns it until PerfDeleteInstance. Returns NULL on failure. */
PPERF_COUNTERSET_INSTANCE WINAPI PerfCreateInstance(HANDLE hProvider, LPCGUID CounterSetGuid,
                                                    LPCWSTR szInstanceName, ULONG dwInstance);
ULONG WINAPI PerfDeleteInstance(HANDLE hProvider, PPERF_COUNTERSET_INSTANCE InstanceBlock);

/** The instance that PerfCreateInstance made under this name and number. */
PPERF_COUNTERSET_INSTANCE WINAPI PerfQueryInstance(HANDLE hProvider, LPCGUID CounterSetGuid,
                                                   LPCWSTR szInstance, ULONG dwInstance);

/** Set the address of the value of a counter with PERF_ATTRIB_BY_REFERENCE. The address must be valid
 *  as long as the instance exists. */
ULONG WINAPI PerfSetCounterRefValue(HANDLE hProvider, PPERF_COUNTERSET_INSTANCE pInstance,
                                    ULONG CounterId, PVOID lpAddr);

/* Set, increment or decrement the raw value of another counter. The function must have the width of
 * the counter's type. */
ULONG WINAPI PerfSetULongCounterValue(HANDLE hProvider, PPERF_COUNTERSET_INSTANCE pInstance,
                                      ULONG CounterId, ULONG lValue);
ULONG WINAPI PerfSetULongLongCounterValue(HANDLE hProvider, PPERF_COUNTERSET_INSTANCE pInstance,
                                          ULONG CounterId, ULONGLONG llValue);
ULONG WINAPI PerfIncrementULongCounterValue(HANDLE hProvider, PPERF_COUNTERSET_INSTANCE pInstance,
                                            ULONG CounterId, ULONG lValue);
ULONG WINAPI PerfIncrementULongLongCounterValue(HANDLE hProvider,
                                                PPERF_COUNTERSET_INSTANCE pInstance,
                                                ULONG CounterId, ULONGLONG llValue);
ULONG WINAPI PerfDecrementULongCounterValue(HANDLE hProvider, PPERF_COUNTERSET_INSTANCE pInstance,
                                            ULONG CounterId, ULONG lValue);
ULONG WINAPI PerfDecrementULongLongCounterValue(HANDLE hProvider,
                                                PPERF_COUNTERSET_INSTANCE pInstance,
                                                ULONG CounterId, ULONGLONG llValue);

/** The calling thread's last error. Natively the emulation stores it. */
DWORD WINAPI GetLastError(void);
void WINAPI SetLastError(DWORD dwErrCode);

#ifdef __cplusplus
}
#endif

#endif /* _WIN32 */

/* ---- constants, which mingw-w64's header lacks --------------------------------------------- */

#ifndef PERF_WILDCARD_COUNTER

/* RequestCode of the control callback. */
#define PERF_ADD_COUNTER 1
#define PERF_REMOVE_COUNTER 2
#define PERF_ENUM_INSTANCES 3
#define PERF_COLLECT_START 5
#define PERF_COLLECT_END 6
#define PERF_FILTER 9 /* reserved */

/* InstanceType of a counterset, and its bits. */
#define PERF_COUNTERSET_FLAG_MULTIPLE 2
#define PERF_COUNTERSET_FLAG_AGGREGATE 4
#define PERF_COUNTERSET_FLAG_HISTORY 8
#define PERF_COUNTERSET_FLAG_INSTANCE 16
#define PERF_COUNTERSET_SINGLE_INSTANCE 0
#define PERF_COUNTERSET_MULTI_INSTANCES 2
#define PERF_COUNTERSET_SINGLE_AGGREGATE 4
#define PERF_COUNTERSET_MULTI_AGGREGATE 6
#define PERF_COUNTERSET_SINGLE_AGGREGATE_HISTORY 12
#define PERF_COUNTERSET_INSTANCE_AGGREGATE 22

/* AggregateFunc of a counter. */
#define PERF_AGGREGATE_UNDEFINED 0
#define PERF_AGGREGATE_TOTAL 1
#define PERF_AGGREGATE_AVG 2
#define PERF_AGGREGATE_MIN 3
#define PERF_AGGREGATE_MAX 4

/* Attrib of a counter. If several display attributes are set, the first of NO_GROUP_SEPARATOR,
 * DISPLAY_AS_REAL, DISPLAY_AS_HEX has priority. */
#define PERF_ATTRIB_BY_REFERENCE 1
#define PERF_ATTRIB_NO_DISPLAYABLE 2
#define PERF_ATTRIB_NO_GROUP_SEPARATOR 4
#define PERF_ATTRIB_DISPLAY_AS_REAL 8
#define PERF_ATTRIB_DISPLAY_AS_HEX 16

#define PERF_WILDCARD_COUNTER 0xFFFFFFFF
#ifdef _WIN32
#define PERF_WILDCARD_INSTANCE L"*"
#define PERF_AGGREGATE_INSTANCE L"_Total"
#else
#define PERF_WILDCARD_INSTANCE u"*"
#define PERF_AGGREGATE_INSTANCE u"_Total"
#endif
#define PERF_MAX_INSTANCE_NAME 1024 /* characters */

#define PERF_PROVIDER_USER_MODE 0
#define PERF_PROVIDER_KERNEL_MODE 1
#define PERF_PROVIDER_DRIVER_MODE 2

/* ---- what a consumer receives -------------------------------------------------------------- */

#ifdef __cplusplus
extern "C" {
#endif

/** A counter that a query selects. The instance's name follows, zero-terminated, padded to 8
 * bytes. */
typedef struct _PERF_COUNTER_IDENTIFIER {
    GUID CounterSetGuid;
    ULONG Status;     /* receives the result for this block */
    ULONG Size;       /* bytes of this structure, the name and padding */
    ULONG CounterId;  /* or PERF_WILDCARD_COUNTER: all */
    ULONG InstanceId; /* or 0xFFFFFFFF: any */
    ULONG Index;      /* receives the position of the result in PerfQueryCounterData */
    ULONG Reserved;
} PERF_COUNTER_IDENTIFIER, *PPERF_COUNTER_IDENTIFIER;

/** Start of PerfQueryCounterData's answer; dwNumCounters PERF_COUNTER_HEADER follow. */
typedef struct _PERF_DATA_HEADER {
    ULONG dwTotalSize;                        /* bytes of the whole answer */
    ULONG dwNumCounters;                      /* results that follow */
    DECLSPEC_ALIGN(8) LONGLONG PerfTimeStamp; /* ticks of the performance counter */
    LONGLONG PerfTime100NSec;                 /* UTC in units of 100 ns */
    LONGLONG PerfFreq;                        /* ticks per second */
    SYSTEMTIME SystemTime;                    /* UTC */
} PERF_DATA_HEADER, *PPERF_DATA_HEADER;

/** dwType of a result: which structures follow its PERF_COUNTER_HEADER. */
typedef enum _PerfCounterDataType {
    PERF_ERROR_RETURN = 0,       /* no structure; dwStatus is the error */
    PERF_SINGLE_COUNTER = 1,     /* PERF_COUNTER_DATA */
    PERF_MULTIPLE_COUNTERS = 2,  /* PERF_MULTI_COUNTERS, PERF_COUNTER_DATA for each */
    PERF_MULTIPLE_INSTANCES = 4, /* PERF_MULTI_INSTANCES, for each instance
                                    PERF_INSTANCE_HEADER and PERF_COUNTER_DATA */
    PERF_COUNTERSET = 6          /* PERF_MULTI_COUNTERS, PERF_MULTI_INSTANCES, for each instance
                                    PERF_INSTANCE_HEADER and PERF_COUNTER_DATA for each counter */
} PerfCounterDataType;

/** Start of one result. */
typedef struct _PERF_COUNTER_HEADER {
    ULONG dwStatus;
    PerfCounterDataType dwType;
    ULONG dwSize; /* bytes of this header and of the structures of this result */
    ULONG Reserved;
} PERF_COUNTER_HEADER, *PPERF_COUNTER_HEADER;

/** The counters of a result. dwCounters identifiers (ULONG) follow. */
typedef struct _PERF_MULTI_COUNTERS {
    ULONG dwSize; /* bytes of this structure, the identifiers and padding */
    ULONG dwCounters;
} PERF_MULTI_COUNTERS, *PPERF_MULTI_COUNTERS;

/** The number of instances that follow. */
typedef struct _PERF_MULTI_INSTANCES {
    ULONG dwTotalSize; /* bytes of this structure and all instances with their values */
    ULONG dwInstances;
} PERF_MULTI_INSTANCES, *PPERF_MULTI_INSTANCES;

/** One raw value, which follows the structure. */
typedef struct _PERF_COUNTER_DATA {
    ULONG dwDataSize; /* bytes of the value */
    ULONG dwSize;     /* bytes of this structure, the value and padding */
} PERF_COUNTER_DATA, *PPERF_COUNTER_DATA;

/** One instance; its name follows, zero-terminated. */
typedef struct _PERF_INSTANCE_HEADER {
    ULONG Size; /* bytes of this structure, the name and padding */
    ULONG InstanceId;
} PERF_INSTANCE_HEADER, *PPERF_INSTANCE_HEADER;

/* ---- what is registered -------------------------------------------------------------------- */

typedef enum _PerfRegInfoType {
    PERF_REG_COUNTERSET_STRUCT = 1,      /* PERF_COUNTERSET_REG_INFO */
    PERF_REG_COUNTER_STRUCT = 2,         /* PERF_COUNTER_REG_INFO */
    PERF_REG_COUNTERSET_NAME_STRING = 3, /* text, terminated, as the next */
    PERF_REG_COUNTERSET_HELP_STRING = 4,
    PERF_REG_COUNTER_NAME_STRINGS = 5, /* PERF_STRING_BUFFER_HEADER, as the next */
    PERF_REG_COUNTER_HELP_STRINGS = 6,
    PERF_REG_PROVIDER_NAME = 7,           /* text */
    PERF_REG_PROVIDER_GUID = 8,           /* GUID */
    PERF_REG_COUNTERSET_ENGLISH_NAME = 9, /* text */
    PERF_REG_COUNTER_ENGLISH_NAMES = 10   /* PERF_STRING_BUFFER_HEADER */
} PerfRegInfoType;

typedef struct _PERF_COUNTERSET_REG_INFO {
    GUID CounterSetGuid;
    ULONG CounterSetType; /* PERF_PROVIDER_USER_MODE, ... */
    ULONG DetailLevel;
    ULONG NumCounters;
    ULONG InstanceType;
} PERF_COUNTERSET_REG_INFO, *PPERF_COUNTERSET_REG_INFO;

/** A registered counter; identifiers of other counters are 0xFFFFFFFF for none. */
typedef struct _PERF_COUNTER_REG_INFO {
    ULONG CounterId;
    ULONG Type;
    DECLSPEC_ALIGN(8) ULONGLONG Attrib;
    ULONG DetailLevel;
    LONG DefaultScale;
    ULONG BaseCounterId;
    ULONG PerfTimeId;
    ULONG PerfFreqId;
    ULONG MultiId;
    ULONG AggregateFunc;
    ULONG Reserved;
} PERF_COUNTER_REG_INFO, *PPERF_COUNTER_REG_INFO;

/** Texts of several counters: dwCounters PERF_STRING_COUNTER_HEADER follow, then the texts. */
typedef struct _PERF_STRING_BUFFER_HEADER {
    DWORD dwSize; /* bytes of everything */
    DWORD dwCounters;
} PERF_STRING_BUFFER_HEADER, *PPERF_STRING_BUFFER_HEADER;

typedef struct _PERF_STRING_COUNTER_HEADER {
    DWORD dwCounterId;
    DWORD dwOffset; /* from the buffer's start to the text; 0xFFFFFFFF: none */
} PERF_STRING_COUNTER_HEADER, *PPERF_STRING_COUNTER_HEADER;

/* ---- the consumer's functions -------------------------------------------------------------- */

/*
 * What holds for all functions: szMachine NULL is this computer. The size of a buffer is given in
 * bytes (for an array of GUIDs: in elements), and the last parameter receives the size that is
 * needed. If the buffer is too small, the result is ERROR_NOT_ENOUGH_MEMORY.
 */

WINADVAPI ULONG WINAPI PerfEnumerateCounterSet(LPCWSTR szMachine, LPGUID pCounterSetIds,
                                               DWORD cCounterSetIds, LPDWORD pcCounterSetIdsActual);
WINADVAPI ULONG WINAPI PerfEnumerateCounterSetInstances(LPCWSTR szMachine, LPCGUID pCounterSetId,
                                                        PPERF_INSTANCE_HEADER pInstances,
                                                        DWORD cbInstances,
                                                        LPDWORD pcbInstancesActual);

/** requestLangId is an LCID, or for PERF_REG_COUNTER_STRUCT the identifier of the counter. */
WINADVAPI ULONG WINAPI PerfQueryCounterSetRegistrationInfo(LPCWSTR szMachine, LPCGUID pCounterSetId,
                                                           PerfRegInfoType requestCode,
                                                           DWORD requestLangId, LPBYTE pbRegInfo,
                                                           DWORD cbRegInfo,
                                                           LPDWORD pcbRegInfoActual);

WINADVAPI ULONG WINAPI PerfOpenQueryHandle(LPCWSTR szMachine, HANDLE *phQuery);
WINADVAPI ULONG WINAPI PerfCloseQueryHandle(HANDLE hQuery);

/** Add or remove the counters that the cbCounters bytes of blocks select. Each block's Status receives
 *  its result. */
WINADVAPI ULONG WINAPI PerfAddCounters(HANDLE hQuery, PPERF_COUNTER_IDENTIFIER pCounters,
                                       DWORD cbCounters);
WINADVAPI ULONG WINAPI PerfDeleteCounters(HANDLE hQuery, PPERF_COUNTER_IDENTIFIER pCounters,
                                          DWORD cbCounters);

/** List the counters of a query. The Index of a block is the position of its result. */
WINADVAPI ULONG WINAPI PerfQueryCounterInfo(HANDLE hQuery, PPERF_COUNTER_IDENTIFIER pCounters,
                                            DWORD cbCounters, LPDWORD pcbCountersActual);
WINADVAPI ULONG WINAPI PerfQueryCounterData(HANDLE hQuery, PPERF_DATA_HEADER pCounterBlock,
                                            DWORD cbCounterBlock, LPDWORD pcbCounterBlockActual);

#ifdef __cplusplus
}
#endif

#endif /* PERF_WILDCARD_COUNTER */

#if defined(_WIN32) && defined(PERFLIB_EMULATED)
#pragma pop_macro("WINADVAPI")
#endif

#endif /* HEAPCTRS_PERFLIB_H */
