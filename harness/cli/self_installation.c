/* SPDX-License-Identifier: MIT
 *
 * The installation of our own provider. The order makes it all or nothing: files first, which can
 * be moved back; then the registry, whose changes are one list that is undone if one fails; then a
 * check that the system finds the counters. Only then are the replaced files deleted.
 */
#include "self_installation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "counter_set.h"
#include "install_plan.h"
#include "object_walk.h"
#include "os.h"
#include "os_region.h"
#include "product_version.h"
#include "registration.h"
#include "registration_store.h"
#include "registration_system.h"
#include "system_files.h"
#include "system_query.h"
#include "text.h"

#define SERVICE "heapctrs"
#define SERVICE_KEY REG_SERVICES "\\" SERVICE
#define PERFORMANCE_KEY SERVICE_KEY "\\Performance"
#define LOG_KEY REG_SERVICES "\\EventLog\\Application\\"
#define LIBRARY "heapctrs.dll"
#define EVENTS "heapctrs_events.dll"
#define ALL_EVENT_TYPES 7u /* error, warning, information */

/* The sources of events whose texts are in heapctrs_events.dll. */
static const char *const event_sources[] = { "heapctrs", "perfharness" };

/* The state of one run. */
struct self_installation {
    char folder[OS_PATH_SIZE];    /* System32\heapctrs */
    char folder_32[OS_PATH_SIZE]; /* SysWOW64\heapctrs, or "" */
    struct system_files files;
    struct registration_store store;
    struct registration_changes service;
    struct registration_error error;
    bool uses_lodctr; /* Windows keeps the texts where only its own functions write */
    bool has_removed_texts, has_installed_texts;
    bool has_lost_texts; /* the texts of an older version were removed and could not be restored */
    bool has_replaced;   /* files or texts of another version */
    size_t in_use;       /* files that are deleted when Windows starts next */
};

static DWORD complain(struct self_installation *self, DWORD failure, const char *what,
                      const char *path)
{
    snprintf(self->error.message, sizeof(self->error.message), "%s %.600s (error %lu)%s", what,
             path, (unsigned long)failure,
             failure == ERROR_ACCESS_DENIED ? ": administrator's rights are needed" : "");
    return failure;
}

static DWORD open_self(struct self_installation *self)
{
    DWORD failure = system_files_folder(false, self->folder, sizeof(self->folder));

    if (failure == ERROR_NOT_SUPPORTED)
        snprintf(self->error.message, sizeof(self->error.message),
                 "--self is for Windows; on Linux packages and `make install` do it");
    else if (failure == ERROR_BAD_EXE_FORMAT)
        snprintf(self->error.message, sizeof(self->error.message),
                 "this is the 32-bit perfharness on a 64-bit Windows: run the 64-bit one, which "
                 "installs for both");
    else if (failure)
        complain(self, failure, "there is no system folder", "");
    if (failure)
        return failure;
    if (system_files_folder(true, self->folder_32, sizeof(self->folder_32)))
        *self->folder_32 = 0;

    failure = registration_store_open(&self->store, NULL, false, &self->error);
    /* So that their values can be restored, too. */
    for (size_t i = 0; !failure && i < sizeof(event_sources) / sizeof(*event_sources); i++) {
        char key[256];
        snprintf(key, sizeof(key), LOG_KEY "%s", event_sources[i]);
        failure = registration_system_load_key(&self->store.tree, key);
    }
    return failure;
}

static void close_self(struct self_installation *self)
{
    registration_changes_release(&self->service);
    registration_store_close(&self->store);
}

/* Find one of our files: beside the program, or in one of the folders of a release. */
static bool find_source(const char *const folders[], const char *name, char *path, size_t size)
{
    for (size_t i = 0; folders[i]; i++) {
        int used = snprintf(path, size, "%s\\%s%s", command_program_folder(), folders[i], name);
        if (used > 0 && (size_t)used < size && os_file_exists(path))
            return true;
    }
    return false;
}

static DWORD put(struct self_installation *self, const char *source, const char *folder,
                 const char *name)
{
    char target[OS_PATH_SIZE];
    int used = snprintf(target, sizeof(target), "%s\\%s", folder, name);

    if (used < 0 || (size_t)used >= sizeof(target))
        return complain(self, ERROR_INVALID_NAME, "too long a path:", folder);
    DWORD failure = system_files_put(&self->files, source, target);
    return failure ? complain(self, failure, "cannot write", target) : ERROR_SUCCESS;
}

static DWORD put_files(struct self_installation *self)
{
    static const char *const beside[] = { "", NULL };
    static const char *const x86[] = { "..\\..\\x86\\bin\\", "x86\\", NULL };
    static const char *const names[] = { LIBRARY, EVENTS };
    char source[OS_PATH_SIZE];

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (!find_source(beside, names[i], source, sizeof(source)))
            return complain(self, ERROR_FILE_NOT_FOUND, "beside the program there is no", names[i]);
        DWORD failure = put(self, source, self->folder, names[i]);
        if (failure)
            return failure;
    }
    if (!*self->folder_32)
        return ERROR_SUCCESS;
    if (!find_source(x86, LIBRARY, source, sizeof(source))) {
        command_complain("note: the 32-bit " LIBRARY " is not there (..\\..\\x86\\bin); 32-bit "
                         "programs will not see the counters");
        *self->folder_32 = 0;
        return ERROR_SUCCESS;
    }
    return put(self, source, self->folder_32, LIBRARY);
}

static void set_text(struct registration_changes *changes, const char *key, const char *name,
                     uint32_t type, const char *text)
{
    WCHAR wide[OS_PATH_SIZE];

    text_from_utf8(text, strlen(text), wide, OS_PATH_SIZE);
    registration_changes_set_value(changes, key, name, type, wide,
                                   (text_length(wide) + 1) * sizeof(WCHAR));
}

/* Plan the service as in registry/heapctrs-service.reg, with the full path of its library. */
static DWORD plan_service(struct self_installation *self, const char *service_file)
{
    struct registration_store file = { 0 };
    char path[OS_PATH_SIZE + 32];
    DWORD failure = registration_store_open(&file, service_file, false, &self->error);

    if (failure)
        return failure;
    const struct reg_key *key = reg_tree_find(&file.tree, PERFORMANCE_KEY);
    if (!key) {
        registration_store_close(&file);
        return complain(self, ERROR_INVALID_DATA, "there is no Performance key in", service_file);
    }
    registration_changes_add_key(&self->service, SERVICE_KEY);
    registration_changes_add_key(&self->service, PERFORMANCE_KEY);
    for (const struct reg_value *value = key->first_value; value; value = value->next)
        if (!text_utf8_equal_ignore_case(value->node.name, "Library"))
            registration_changes_set_value(&self->service, PERFORMANCE_KEY, value->node.name,
                                           value->type, value->data, value->size);
    registration_store_close(&file);
    snprintf(path, sizeof(path), "%s\\" LIBRARY, self->folder);
    set_text(&self->service, PERFORMANCE_KEY, "Library", REG_SZ, path);

    snprintf(path, sizeof(path), "%s\\" EVENTS, self->folder);
    for (size_t i = 0; i < sizeof(event_sources) / sizeof(*event_sources); i++) {
        const uint32_t types = ALL_EVENT_TYPES;
        char log_key[256];

        snprintf(log_key, sizeof(log_key), LOG_KEY "%s", event_sources[i]);
        registration_changes_add_key(&self->service, log_key);
        set_text(&self->service, log_key, "EventMessageFile", REG_EXPAND_SZ, path);
        registration_changes_set_value(&self->service, log_key, "TypesSupported", REG_DWORD, &types,
                                       sizeof(types));
    }
    return self->service.is_lost ? complain(self, ERROR_NOT_ENOUGH_MEMORY, "out of memory", "")
                                 : ERROR_SUCCESS;
}

/* A number in the service's Performance key. Returns false if it does not exist. */
static bool number_of(const struct reg_tree *tree, const char *name, uint32_t *number)
{
    const struct reg_key *key = reg_tree_find(tree, PERFORMANCE_KEY);
    const struct reg_value *value = key ? reg_tree_value(tree, key, name) : NULL;

    return value && registration_parse_dword(value, number);
}

/* The service's First Counter. Returns false if it has no counters. */
static bool first_counter(const struct reg_tree *tree, uint32_t *first)
{
    return number_of(tree, "First Counter", first);
}

/* Whether the installed names equal those of the set, so that the indices can stay. */
static bool has_these_texts(const struct reg_tree *tree, const struct counter_set *set)
{
    struct registration registration;
    uint32_t first, last, first_help;
    bool is_same = true;

    if (!first_counter(tree, &first) || !number_of(tree, "Last Counter", &last) ||
        !number_of(tree, "First Help", &first_help) || last != first + set->last_offset ||
        registration_read(tree, "the registry", &registration))
        return false;
    for (size_t i = 0; i < set->texts.count && is_same; i++) {
        const struct name_table_entry *entry = &set->texts.entries[i];
        const uint32_t base = entry->kind == NAME_TABLE_HELP ? first_help : first;
        const char *text =
            name_table_find(&registration.names, entry->language, entry->kind, base + entry->index);
        is_same = text ? strcmp(text, entry->text) == 0
                       : !name_table_has_language(&registration.names, entry->language);
    }
    registration_release(&registration);
    return is_same;
}

/* Undo changes of the service, in reverse order. The store's tree has the old values. */
static void revert_service(struct self_installation *self)
{
    struct registration_changes back = { 0 };
    struct registration_error ignored;

    for (size_t i = self->service.count; i-- > 0;) {
        const struct registration_change *change = &self->service.items[i];
        const struct reg_key *key = reg_tree_find(&self->store.tree, change->path);
        const struct reg_value *value =
            key && change->name ? reg_tree_value(&self->store.tree, key, change->name) : NULL;

        if (value)
            registration_changes_set_value(&back, change->path, change->name, value->type,
                                           value->data, value->size);
        else if (change->name)
            registration_changes_remove_value(&back, change->path, change->name);
        else if (!key)
            registration_changes_remove_key(&back, change->path);
    }
    registration_store_apply(&self->store, &back, &ignored);
    registration_changes_release(&back);
}

/* Remove the service's texts from the present registry. */
static DWORD remove_texts(struct self_installation *self)
{
    struct registration_store now = { 0 };
    struct install_plan plan = { .tree = &now.tree,
                                 .source = "the registry",
                                 .error = &self->error };
    DWORD failure = registration_system_unlodctr(SERVICE);

    self->uses_lodctr = failure != ERROR_NOT_SUPPORTED;
    if (self->uses_lodctr)
        return failure ? complain(self, failure, "the system's unlodctr refused", SERVICE)
                       : ERROR_SUCCESS;
    failure = registration_store_open(&now, NULL, false, &self->error);
    if (!failure)
        failure = install_plan_uninstall(&plan, SERVICE);
    if (!failure)
        failure = registration_store_apply(&now, &plan.changes, &self->error);
    install_plan_release(&plan);
    registration_store_close(&now);
    return failure;
}

/* Install the texts for a registered service: by the system's lodctr if there is one, otherwise
   directly. */
static DWORD install_texts(struct self_installation *self, const char *ini_path,
                           const struct counter_set *set)
{
    static const struct install_service none = { 0 };
    struct registration_store now = { 0 };
    struct install_plan plan = { .tree = &now.tree,
                                 .source = "the registry",
                                 .error = &self->error };
    DWORD failure = registration_system_lodctr(ini_path);

    if (failure != ERROR_NOT_SUPPORTED)
        return failure ? complain(self, failure, "the system's lodctr refused", ini_path)
                       : ERROR_SUCCESS;
    failure = registration_store_open(&now, NULL, false, &self->error);
    if (!failure)
        failure = install_plan_install(&plan, set, &none, false);
    if (!failure)
        failure = registration_store_apply(&now, &plan.changes, &self->error);
    install_plan_release(&plan);
    registration_store_close(&now);
    return failure;
}

/* Set the values of a key to those in the store's tree. */
static void restore_key(const struct self_installation *self, const struct reg_tree *now,
                        const char *path, struct registration_changes *back)
{
    const struct reg_key *old_key = reg_tree_find(&self->store.tree, path);
    const struct reg_key *key = reg_tree_find(now, path);
    const struct reg_value *value, *other;

    for (value = key ? key->first_value : NULL; value; value = value->next)
        if (!old_key || !reg_tree_value(&self->store.tree, old_key, value->node.name))
            registration_changes_remove_value(back, path, value->node.name);
    for (value = old_key ? old_key->first_value : NULL; value; value = value->next) {
        other = key ? reg_tree_value(now, key, value->node.name) : NULL;
        if (!other || other->type != value->type || other->size != value->size ||
            (value->size && memcmp(other->data, value->data, value->size) != 0))
            registration_changes_set_value(back, path, value->node.name, value->type, value->data,
                                           value->size);
    }
}

/* Restore the name tables and the service's indices. */
static DWORD restore_texts(struct self_installation *self)
{
    const struct reg_key *perflib = reg_tree_find(&self->store.tree, REG_PERFLIB);
    struct registration_store now = { 0 };
    struct registration_changes back = { 0 };
    DWORD failure = registration_store_open(&now, NULL, false, &self->error);

    if (!failure) {
        restore_key(self, &now.tree, PERFORMANCE_KEY, &back);
        restore_key(self, &now.tree, REG_PERFLIB, &back);
        for (const struct reg_key *key = perflib ? perflib->first_child : NULL; key;
             key = key->next) {
            char path[512];
            snprintf(path, sizeof(path), REG_PERFLIB "\\%.200s", key->node.name);
            restore_key(self, &now.tree, path, &back);
        }
        failure = back.is_lost ? ERROR_NOT_ENOUGH_MEMORY
                               : registration_store_apply(&now, &back, &self->error);
    }
    registration_changes_release(&back);
    registration_store_close(&now);
    return failure;
}

/* Undo the whole registration. Windows' own functions cannot restore texts whose .ini file is
   not known; that loss is reported. */
static void undo_registration(struct self_installation *self)
{
    struct registration_error reason = self->error;

    if (self->has_removed_texts)
        self->has_lost_texts = self->uses_lodctr || restore_texts(self);
    else if (self->has_installed_texts)
        remove_texts(self);
    revert_service(self);
    self->error = reason;
}

/* Write the registry: the service, then the texts. After a failure it is as before. */
static DWORD register_self(struct self_installation *self, const char *ini_path,
                           const struct counter_set *set)
{
    uint32_t first;
    bool has_texts = first_counter(&self->store.tree, &first);
    bool is_current = has_texts && has_these_texts(&self->store.tree, set);
    DWORD failure = registration_store_apply(&self->store, &self->service, &self->error);

    if (failure)
        return failure;
    if (has_texts && !is_current) {
        failure = remove_texts(self);
        self->has_removed_texts = !failure;
    }
    if (!failure && !is_current) {
        failure = install_texts(self, ini_path, set);
        self->has_installed_texts = !failure;
    }
    if (failure)
        undo_registration(self);
    return failure;
}

/* Whether the system's own query has the object of that index. */
static bool system_has_object(uint32_t index)
{
    char digits[16];
    WCHAR name[16];
    BYTE *data = NULL;
    DWORD type, size;
    bool is_shifted, is_found = false;
    struct object_walk walk;
    struct walk_data_block block;
    struct walk_object object;

    snprintf(digits, sizeof(digits), "%u", (unsigned)index);
    text_from_utf8(digits, strlen(digits), name, 16);
    if (system_query(name, 0, &type, &data, &size, &is_shifted) == ERROR_SUCCESS &&
        object_walk_begin(&walk, (struct span){ data, size }, NULL, NULL, &block))
        while (!is_found && object_walk_next(&walk, &object))
            is_found = object.name_index == index;
    free(data);
    system_query_close();
    return is_found;
}

static DWORD verify(struct self_installation *self, uint32_t *first)
{
    struct registration_store now = { 0 };
    DWORD failure = registration_store_open(&now, NULL, false, &self->error);

    if (failure)
        return failure;
    bool is_registered = first_counter(&now.tree, first);
    registration_store_close(&now);
    if (!is_registered)
        return complain(self, ERROR_INVALID_DATA, "the registration was written, but is not in",
                        PERFORMANCE_KEY);
    if (!system_has_object(*first))
        return complain(self, ERROR_NOT_FOUND,
                        "the system's own query does not find the counters of", SERVICE);
    return ERROR_SUCCESS;
}

static void say_in_use(const struct self_installation *self)
{
    if (self->in_use)
        printf("%zu file%s of the older version %s open in a program. %s renamed, and will be "
               "deleted when Windows starts next.\nPrograms that run now keep the older version "
               "until they are started again.\n",
               self->in_use, self->in_use == 1 ? "" : "s", self->in_use == 1 ? "is" : "are",
               self->in_use == 1 ? "It was" : "They were");
}

/* Make the folder of regions, so that no user makes it with another access list. Programs can do without. */
static void make_region_folder(void)
{
    char path[OS_PATH_SIZE] = "";
    const DWORD error = os_region_shared_directory(path, sizeof(path));

    if (error)
        command_complain(
            "note: the folder %s for regions cannot be made, or its access list cannot be set "
            "(error %lu): look whose it is, and remove it if it is a user's",
            path, (unsigned long)error);
    else
        printf("Programs publish their heaps in %s.\n", path);
}

static void say_installed(const struct self_installation *self, uint32_t first)
{
    printf("heapctrs %s is installed: %s\\" LIBRARY "\n", product_version, self->folder);
    if (*self->folder_32)
        printf("32-bit programs get %s\\" LIBRARY " under the same registered path.\n",
               self->folder_32);
    if (self->has_replaced)
        printf("It replaces another version, which was installed there.\n");
    printf("The system finds the counters; their indices begin at %u.\n", (unsigned)first);
    say_in_use(self);
    printf("In perfmon: Performance Monitor, the green plus, \"Custom Heap\", choose counters and "
           "instances, Add, OK.\n");
}

int self_installation_install(void)
{
    static const char *const data_folders[] = { "", "..\\share\\heapctrs\\", NULL };
    static struct self_installation self; /* static because it contains 64 KiB of paths */
    char ini[OS_PATH_SIZE], service_file[OS_PATH_SIZE];
    struct counter_set set = { 0 };
    uint32_t first = 0;
    DWORD failure = open_self(&self);

    if (!failure &&
        (!find_source(data_folders, "heapctrs.ini", ini, sizeof(ini)) ||
         !find_source(data_folders, "heapctrs-service.reg", service_file, sizeof(service_file))))
        failure = complain(&self, ERROR_FILE_NOT_FOUND,
                           "heapctrs.ini and heapctrs-service.reg are neither beside the program "
                           "nor in",
                           "..\\share\\heapctrs");
    if (!failure)
        failure = counter_set_read(ini, &set, &self.error);
    if (!failure)
        failure = plan_service(&self, service_file);
    if (failure)
        goto close;

    failure = put_files(&self);
    if (failure)
        goto undo_files;
    failure = register_self(&self, ini, &set);
    if (failure)
        goto undo_files;
    failure = verify(&self, &first);
    if (failure)
        undo_registration(&self);
    self.has_replaced = self.has_removed_texts;
    for (size_t i = 0; i < self.files.count; i++)
        self.has_replaced |= *self.files.items[i].old != 0;

undo_files:
    if (failure)
        system_files_undo(&self.files);
    else
        self.in_use = system_files_commit(&self.files);
close:
    if (failure) {
        command_complain("install --self: %s; nothing was installed%s", self.error.message,
                         self.has_lost_texts ? ", and the counters of the older version are not "
                                               "registered any more: try again"
                                             : "");
    } else {
        make_region_folder();
        say_installed(&self, first);
    }
    counter_set_release(&set);
    close_self(&self);
    return failure ? EXIT_BAD_USAGE : EXIT_FINE;
}

/* Plan the removal of each value, so that it can be restored, and then of the key. */
static bool plan_removal(struct self_installation *self, const char *path)
{
    const struct reg_key *key = reg_tree_find(&self->store.tree, path);

    if (!key)
        return false;
    for (const struct reg_value *value = key->first_value; value; value = value->next)
        registration_changes_remove_value(&self->service, path, value->node.name);
    registration_changes_remove_key(&self->service, path);
    return true;
}

static DWORD remove_files(struct self_installation *self)
{
    static const char *const names[] = { LIBRARY, EVENTS };
    const char *const folders[] = { self->folder, self->folder_32 };

    for (size_t i = 0; i < 4; i++) {
        char target[OS_PATH_SIZE + 32];

        if (!*folders[i / 2])
            continue;
        snprintf(target, sizeof(target), "%s\\%s", folders[i / 2], names[i % 2]);
        if (!os_file_exists(target))
            continue;
        DWORD failure = system_files_remove(&self->files, target);
        if (failure)
            return complain(self, failure, "cannot remove", target);
    }
    return ERROR_SUCCESS;
}

/* Remove texts and service in one list; or the texts by the system's unlodctr, and the service
   after them. */
static DWORD unregister(struct self_installation *self)
{
    struct install_plan plan = { .tree = &self->store.tree,
                                 .source = "the registry",
                                 .error = &self->error };
    uint32_t first;
    DWORD failure = ERROR_SUCCESS;

    if (first_counter(&self->store.tree, &first)) {
        failure = registration_system_unlodctr(SERVICE);
        if (failure && failure != ERROR_NOT_SUPPORTED)
            return complain(self, failure, "the system's unlodctr refused", SERVICE);
        if (failure)
            failure = install_plan_uninstall(&plan, SERVICE);
    }
    for (size_t i = 0; !failure && i < self->service.count; i++)
        registration_changes_add(&plan.changes, &self->service.items[i]);
    if (!failure && (plan.changes.is_lost || self->service.is_lost))
        failure = complain(self, ERROR_NOT_ENOUGH_MEMORY, "out of memory", "");
    if (!failure)
        failure = registration_store_apply(&self->store, &plan.changes, &self->error);
    install_plan_release(&plan);
    return failure;
}

int self_installation_uninstall(void)
{
    static struct self_installation self;
    char region_folder[OS_PATH_SIZE];
    bool is_registered = false;
    DWORD failure = open_self(&self);

    if (failure)
        goto close;
    is_registered |= plan_removal(&self, PERFORMANCE_KEY);
    is_registered |= plan_removal(&self, SERVICE_KEY);
    for (size_t i = 0; i < sizeof(event_sources) / sizeof(*event_sources); i++) {
        char key[256];
        snprintf(key, sizeof(key), LOG_KEY "%s", event_sources[i]);
        is_registered |= plan_removal(&self, key);
    }
    failure = remove_files(&self);
    if (!failure && is_registered)
        failure = unregister(&self);
    if (failure) {
        system_files_undo(&self.files);
        goto close;
    }
    bool had_files = self.files.count != 0;
    self.in_use = system_files_commit(&self.files);
    if (!os_region_shared_directory(region_folder, sizeof(region_folder)))
        os_directory_remove(region_folder); /* unless users have folders in it */
    if (is_registered || had_files)
        printf("heapctrs is removed: its registration, its files and its folder.\n");
    else
        printf("heapctrs is not installed: there is nothing to remove.\n");
    say_in_use(&self);

close:
    if (failure)
        command_complain("uninstall --self: %s; nothing was removed", self.error.message);
    close_self(&self);
    return failure ? EXIT_BAD_USAGE : EXIT_FINE;
}
