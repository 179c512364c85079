/* SPDX-License-Identifier: MIT
 *
 * registration_system.h for systems without a registry: every function returns ERROR_NOT_SUPPORTED.
 */
#include "registration_system.h"

#include <stdio.h>

#include "registration.h"

DWORD registration_system_load(struct reg_tree *tree, struct registration_error *error)
{
    (void)tree;
    snprintf(error->message, sizeof(error->message),
             "there is no system registry here; name a .reg file with --registry FILE");
    return ERROR_NOT_SUPPORTED;
}

bool registration_system_exists(void)
{
    return false;
}

bool registration_system_has_name_files(void)
{
    return false;
}

const char *registration_system_english_key(void)
{
    return REG_PERFLIB "\\009";
}

DWORD registration_system_names_error(void)
{
    return ERROR_NOT_SUPPORTED;
}

bool registration_system_file(const char *name, char *path, size_t size)
{
    (void)name, (void)path, (void)size;
    return false;
}

DWORD registration_system_load_key(struct reg_tree *tree, const char *path)
{
    (void)tree;
    (void)path;
    return ERROR_NOT_SUPPORTED;
}

DWORD registration_system_add_key(const char *path)
{
    (void)path;
    return ERROR_NOT_SUPPORTED;
}

DWORD registration_system_set(const char *path, const char *name, uint32_t type, const void *data,
                              size_t size)
{
    (void)path, (void)name, (void)type, (void)data, (void)size;
    return ERROR_NOT_SUPPORTED;
}

DWORD registration_system_remove_value(const char *path, const char *name)
{
    (void)path, (void)name;
    return ERROR_NOT_SUPPORTED;
}

DWORD registration_system_remove_key(const char *path)
{
    (void)path;
    return ERROR_NOT_SUPPORTED;
}

DWORD registration_system_lodctr(const char *ini_path)
{
    (void)ini_path;
    return ERROR_NOT_SUPPORTED;
}

DWORD registration_system_unlodctr(const char *service)
{
    (void)service;
    return ERROR_NOT_SUPPORTED;
}
