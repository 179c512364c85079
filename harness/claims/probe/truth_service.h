/* SPDX-License-Identifier: MIT
 *
 * The temporary provider: two services, windows_truth_1 and windows_truth_2, of one library, which
 * is a resource of this program. They are registered only with administrator rights.
 *
 * What is changed, and how it is undone on every path:
 *   - the keys of both services are volatile: Windows forgets them when it is shut down;
 *   - values of Perflib itself (its test level, for example) are saved in the first of these keys
 *     before they are changed;
 *   - unlodctr removes the services with which lodctr was tried, and the manifest;
 *   - truth_service_remove restores the values and removes keys and files. It is called at the end,
 *     on Ctrl-C, when the window is closed, by a second process when this one is ended, and at the
 *     next start.
 */
#ifndef TRUTH_SERVICE_H
#define TRUTH_SERVICE_H

#include <stdbool.h>

#include "trial.h"
#include "truth_plan.h"

#define TRUTH_SERVICE_1 L"windows_truth_1"
#define TRUTH_SERVICE_2 L"windows_truth_2"
#define TRUTH_SERVICE_LODCTR L"windows_truth_3" /* those of the trials of lodctr */
#define TRUTH_SERVICE_LODCTR_2 L"windows_truth_4"
#define PERFLIB_KEY L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Perflib"
#define SERVICES_KEY L"SYSTEM\\CurrentControlSet\\Services\\"

/**
 * Write the library into a folder of its own and register both services.
 *
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED without administrator rights; another error. After a
 *         failure, nothing is registered.
 */
DWORD truth_service_install(void);

/** The provider and the counterset of truth_service_register_manifest. */
#define TRUTH_MANIFEST_PROVIDER                                                                    \
    {                                                                                              \
        0x7C1A2E5C, 0x5A0C, 0x4D1B,                                                                \
        {                                                                                          \
            1, 2, 3, 4, 5, 6, 7, 8                                                                 \
        }                                                                                          \
    }
#define TRUTH_MANIFEST_SET                                                                         \
    {                                                                                              \
        0x7C1A2E5D, 0x5A0C, 0x4D1B,                                                                \
        {                                                                                          \
            1, 2, 3, 4, 5, 6, 7, 8                                                                 \
        }                                                                                          \
    }

/**
 * Register a manifest of one provider with one counterset, with lodctr /m. Call this after
 * truth_service_begin.
 *
 * @return whether it is registered; Wine's lodctr does nothing
 */
bool truth_service_register_manifest(void);

/** Undo truth_service_register_manifest. Without a registration, do nothing. */
void truth_service_remove_manifest(void);

/** Undo everything that truth_service_install and the trials did, also in an earlier run. */
void truth_service_remove(void);

/**
 * The folder that truth_service_install made, also for other temporary files, or "".
 */
const WCHAR *truth_service_folder(void);

/**
 * Begin a trial of the temporary provider: a sound provider with the usual registration and an
 * empty log. Called once in a process; the caller fills in the plan before the first query.
 *
 * @return the plan; NULL, and trial_impossible was called, if no provider is registered
 */
struct truth_plan *truth_service_begin(struct trial *trial);

/** The plan of this process; NULL before truth_service_begin. */
struct truth_plan *truth_service_plan(void);

/** Set a text or number in the Performance key of the first service, or remove a value. */
void truth_service_set_text(const WCHAR *name, const WCHAR *text, DWORD type);
void truth_service_set_number(const WCHAR *name, DWORD number);
void truth_service_set_binary(const WCHAR *name, const void *data, DWORD size);
void truth_service_remove_value(const WCHAR *name);

/** Read a number in that key. Returns false if it is absent. */
bool truth_service_number(const WCHAR *name, DWORD *number);

/** Set Linkage\\Export of the first service: texts that end with an empty one. */
void truth_service_set_export(const WCHAR *texts, DWORD size);

/** Remove the Performance key of the first service. */
void truth_service_remove_performance(void);

/** Set a number of Perflib itself. truth_service_remove and _begin restore the old value. */
void truth_service_set_perflib(const WCHAR *name, DWORD number);

/** Read a number of Perflib itself. Returns false if it is absent. */
bool truth_service_perflib_number(const WCHAR *name, DWORD *number);

/** Restore these numbers at once, because other programs read them, too. */
void truth_service_restore_perflib(void);

/** The number of logged calls of a kind, of one service or of any for 0. */
unsigned truth_service_count(LONG kind, LONG service);

/** The logged call of a kind and service at `position`, counted from 0, or NULL. */
const struct truth_call *truth_service_call(LONG kind, LONG service, unsigned position);

#endif /* TRUTH_SERVICE_H */
