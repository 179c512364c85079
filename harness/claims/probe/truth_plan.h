/* SPDX-License-Identifier: MIT
 *
 * The block of shared memory between the temporary provider and the program that tries claims. The
 * program writes how the provider is to behave, and the provider logs its calls.
 *
 * The provider does nothing in a process whose environment lacks TRUTH_PLAN_VARIABLE: another
 * reader on the same machine gets neither its data nor its faults.
 */
#ifndef TRUTH_PLAN_H
#define TRUTH_PLAN_H

#include "wintypes.h"

#define TRUTH_PLAN_VARIABLE L"WINDOWS_TRUTH_PLAN" /* name of the shared memory */
#define TRUTH_CALLS_MAX 512                       /* logged calls; chosen */
#define TRUTH_TEXT_MAX 96 /* logged characters of a query or context; chosen */

/* How Open, Collect and Close of the first service misbehave. */
enum truth_fault {
    TRUTH_FAULT_NONE,
    TRUTH_FAULT_OPEN_FAILS, /* Open returns ERROR_BAD_ENVIRONMENT */
    TRUTH_FAULT_OPEN_CRASHES,
    TRUTH_FAULT_COLLECT_CRASHES,
    TRUTH_FAULT_CLOSE_CRASHES,
    TRUTH_FAULT_OPEN_LATE, /* Open waits for delay_ms */
    TRUTH_FAULT_COLLECT_LATE,
    TRUTH_FAULT_COLLECT_FAILS, /* Collect returns ERROR_BAD_ENVIRONMENT with data */
    TRUTH_FAULT_MORE_DATA,     /* Collect returns ERROR_MORE_DATA for any buffer */
    TRUTH_FAULT_OVERRUN,       /* one byte after the buffer is changed */
    TRUTH_FAULT_UNDERRUN,      /* one byte before the buffer is changed */
    TRUTH_FAULT_OVERRUN_GUARD, /* the last byte of the guard after the buffer is changed */
    TRUTH_FAULT_PAST_END,      /* data, size and pointer go 8 bytes past the buffer */
    TRUTH_FAULT_PAST_GUARD,    /* size and pointer go past the guard after the buffer */
    TRUTH_FAULT_SIZE_BEYOND,   /* the size is larger than the buffer; the data fit */
    TRUTH_FAULT_POINTER_STAYS, /* the pointer is not advanced */
    TRUTH_FAULT_POINTER_SHORT, /* the pointer is advanced by 8 bytes less than the size */
    TRUTH_FAULT_LENGTH_SUM,    /* an object is 8 bytes longer than the data */
    TRUTH_FAULT_INSTANCE_SUM,  /* an instance is longer than its object allows */
    TRUTH_FAULT_DEFINITIONS,   /* definitions do not add up to DefinitionLength */
    TRUTH_FAULT_UNALIGNED,     /* 4 bytes more than a multiple of 8 */
    TRUTH_FAULT_SEVERAL,       /* OVERRUN, POINTER_SHORT and LENGTH_SUM together */
    TRUTH_FAULT_COUNT_WRONG,   /* three objects are announced, one is there */
    TRUTH_FAULT_NO_OBJECTS,    /* no data, as documented, even for its own index */
    TRUTH_FAULT_LARGE,         /* 200,000 bytes of instances */
    TRUTH_FAULT_METADATA,      /* definitions without instances to a Metadata query */
    TRUTH_FAULT_LOAD_CRASHES,  /* DllMain crashes when the library is loaded */
    TRUTH_FAULT_UNLOAD_CRASHES,
    TRUTH_FAULT_EXTRA_OBJECT, /* also an object outside of Object List */
    TRUTH_FAULT_CODE_PAGE,    /* names of instances in code page 1252 */
    TRUTH_FAULT_COUNT,
};

enum truth_call_kind {
    TRUTH_CALL_LOAD = 1,
    TRUTH_CALL_OPEN,
    TRUTH_CALL_COLLECT,
    TRUTH_CALL_CLOSE,
    TRUTH_CALL_UNLOAD,
};

struct truth_call {
    LONG kind;    /* enum truth_call_kind */
    LONG service; /* 1 or 2; 0 for TRUTH_CALL_LOAD and TRUTH_CALL_UNLOAD */
    DWORD process;
    DWORD thread;
    DWORD size;          /* size of the buffer, for TRUTH_CALL_COLLECT */
    DWORD count;         /* the number of objects before the call */
    ULONGLONG buffer;    /* address of the buffer */
    LONG is_overlapping; /* another call had not finished yet */
    LONG has_text;       /* 0: the query or the context was NULL */
    WCHAR text[TRUTH_TEXT_MAX];
};

struct truth_plan {
    LONG fault;      /* enum truth_fault of the first service */
    LONG load_fault; /* TRUTH_FAULT_LOAD_CRASHES, _UNLOAD_CRASHES or none */
    LONG delay_ms;   /* for the late faults and for slow_ms below */
    LONG slow_ms;    /* duration of each Collect */
    DWORD
    first_index;     /* title index of the first service's object; that of the second is 100 more */
    LONG running;    /* calls that have not finished */
    LONG call_count; /* may be larger than TRUTH_CALLS_MAX: later calls are not logged */
    struct truth_call calls[TRUTH_CALLS_MAX];
};

/* The answer of a service: one object of two instances with three counters. */
#define TRUTH_SECOND_SERVICE 100 /* added to title indices of the second service */
#define TRUTH_OBJECT 0           /* added to first_index: the object */
#define TRUTH_COUNTER_NUMBER 2   /* PERF_COUNTER_RAWCOUNT, 4 bytes, value TRUTH_NUMBER */
#define TRUTH_COUNTER_RATE 4     /* PERF_COUNTER_BULK_COUNT, 8 bytes, the number of collects */
#define TRUTH_COUNTER_LAST 6     /* PERF_COUNTER_LARGE_RAWCOUNT, 8 bytes */
#define TRUTH_NUMBER 4711u

#endif /* TRUTH_PLAN_H */
