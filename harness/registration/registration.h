/* SPDX-License-Identifier: MIT
 *
 * The registration: the registry's data about performance counters, read once into memory. Two back
 * ends fill the same structures: registration_file.c from a .reg file, on every system, and
 * registration_system_win.c from the registry of Windows and Wine. (registration_system_posix.c
 * returns ERROR_NOT_SUPPORTED.) This code never loads a provider.
 *
 * All data are hostile. A value of the wrong type or length is reported in the `problem` of its
 * service; such a service is listed but not called.
 */
#ifndef REGISTRATION_H
#define REGISTRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "name_table.h"
#include "reg_tree.h"
#include "wintypes.h"

/* The keys of perflib's registry entries. */
#define REG_SERVICES "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services"
#define REG_PERFLIB "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Perflib"
/* The key with the language in which Windows was installed. */
#define REG_LANGUAGE "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Nls\\Language"

/** What the `problem` of a service is about (bits). Each is a different event of perflib. */
enum service_fault {
    SERVICE_VALUE_DAMAGED = 1, /* a value has a wrong type, length or content */
    SERVICE_VALUE_MISSING = 2, /* Library, or one of First and Last Counter and Help */
    SERVICE_OPEN_MISSING = 4,
    SERVICE_COLLECT_MISSING = 8,
    SERVICE_CLOSE_MISSING = 16,
    SERVICE_OBJECTS_TOO_MANY = 32, /* Object List has more than SERVICE_OBJECTS_LIMIT indices */
};

/** The most indices of an Object List. Windows has such a limit and does not publish it. */
#define SERVICE_OBJECTS_LIMIT 4096

/** One `Services\<name>\Performance` key. Text is UTF-8 unless it is WCHAR. */
struct service {
    char *name;                   /* the service's key name */
    char *library;                /* Library, as registered, environment variables not expanded */
    bool library_is_expandable;   /* Library is REG_EXPAND_SZ */
    char *open, *collect, *close; /* names of the exports; NULL if not registered */
    bool has_indices;             /* the next four values are registered */
    uint32_t first_counter, last_counter; /* title indices of names: even */
    uint32_t first_help, last_help;       /* title indices of help texts: odd */
    bool has_object_list;
    uint32_t *object_list; /* title indices of the objects that it answers */
    size_t object_list_count;
    uint32_t open_timeout_ms, collect_timeout_ms; /* 10,000 if not registered */
    uint32_t close_timeout_ms; /* Close Timeout, which is not documented; 0 if not registered */
    bool supports_metadata;    /* Collect Supports Metadata */
    uint32_t disabled;         /* Disable Performance Counters; not 0: never load it */
    unsigned char *validation_code; /* Library Validation Code: registered as trusted; or NULL */
    size_t validation_code_size;    /* bytes */
    WCHAR *linkage_export;        /* Linkage\Export, REG_MULTI_SZ with both terminators, or NULL */
    size_t linkage_export_length; /* WCHARs, terminators included */
    char *problem;                /* why it cannot be called, for people, or NULL */
    uint32_t faults;              /* enum service_fault: what `problem` is about */
    bool is_v2;        /* a V2 provider. `open` and `close` start and stop it; NULL: loading and
                          unloading do. Its countersets have the indices from first_counter on */
    bool is_elsewhere; /* with is_v2: the countersets are those that running programs publish, and
                          `library` is a name for messages */
    char *manifest;    /* path of its manifest; NULL: no manifest */
};

/** `HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Perflib` and all services. */
struct registration {
    char *source;             /* for messages: the .reg file's path, or "the registry" */
    struct service *services; /* in the order of the source */
    size_t service_count, service_capacity;
    struct name_table names;      /* all languages */
    uint32_t test_level;          /* ExtCounterTestLevel; 4 when not registered */
    uint32_t configuration_flags; /* Configuration Flags; 0 when not registered */
    uint32_t disabled;            /* Perflib's own Disable Performance Counters */
    uint32_t event_log_level;     /* EventLogLevel; 1 when not registered */
    bool has_last_counter;
    uint32_t last_counter, last_help, base_index; /* Perflib bookkeeping */
    char *problem; /* what is damaged in the Perflib key itself, for people; NULL: nothing */
};

/**
 * Why a registration could not be read, for people: the file, the line, the reason and the remedy.
 */
struct registration_error {
    char message[1024];
};

/**
 * Read a .reg file ("Windows Registry Editor Version 5.00" in UTF-16LE with BOM or UTF-8, or
 * REGEDIT4).
 *
 * @return ERROR_SUCCESS; ERROR_FILE_NOT_FOUND; ERROR_ACCESS_DENIED; ERROR_INVALID_DATA (not a .reg
 *         file, truncated, damaged); ERROR_FILE_TOO_LARGE; ERROR_NOT_ENOUGH_MEMORY. On failure
 *         *registration is unchanged and error->message has the reason.
 */
DWORD registration_file_read(const char *path, struct registration *registration,
                             struct registration_error *error);

/** Read the system's own registry. ERROR_NOT_SUPPORTED on a system without a registry. */
DWORD registration_source_read_system(struct registration *registration,
                                      struct registration_error *error);

/** Whether a key of that path can matter for a registration. All other keys need not be stored. */
bool registration_wants_key(const char *path);

/**
 * Fill a registration from a tree.
 *
 * @param source  name of the tree, for messages; copied
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY: *registration is unchanged
 */
DWORD registration_read(const struct reg_tree *tree, const char *source,
                        struct registration *registration);

/**
 * Parse a primary language from a key name such as "009" or "0c". False if it is not a language.
 */
bool registration_parse_language(const char *name, uint32_t *language);

/** The number of a REG_DWORD. False if the value has another type or length. */
bool registration_parse_dword(const struct reg_value *value, uint32_t *number);

/** Free all memory of a registration. A zeroed one is allowed. */
void registration_release(struct registration *registration);

/** The service with that name, ignoring the case of ASCII letters; or NULL. */
const struct service *registration_find(const struct registration *registration, const char *name);

#endif /* REGISTRATION_H */
