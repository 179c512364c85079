/* SPDX-License-Identifier: MIT
 *
 * The results of the registry's functions for the three root keys, as a table.
 */
#include "root_key.h"

/* Values of winerror.h that wintypes.h does not define natively. */
#define BADKEY 1010
#define NO_MORE_ITEMS 259

static const struct {
    uint32_t handle; /* winreg.h */
    DWORD set_value, enum_key;
} root_keys[] = {
    [ROOT_KEY_DATA] = { 0x80000004u, ERROR_INVALID_HANDLE, ERROR_INVALID_HANDLE },
    [ROOT_KEY_TEXT] = { 0x80000050u, BADKEY, NO_MORE_ITEMS },
    [ROOT_KEY_NLSTEXT] = { 0x80000060u, BADKEY, NO_MORE_ITEMS },
};

bool root_key_of_handle(uint32_t handle, enum root_key *key)
{
    for (size_t i = 0; i < sizeof(root_keys) / sizeof(*root_keys); i++)
        if (root_keys[i].handle == handle) {
            *key = (enum root_key)i;
            return true;
        }
    return false;
}

DWORD root_key_open(enum root_key key)
{
    (void)key;
    return ERROR_INVALID_HANDLE;
}

DWORD root_key_call_old(enum root_key key)
{
    (void)key;
    return ERROR_INVALID_HANDLE;
}

DWORD root_key_set_value(enum root_key key)
{
    return root_keys[key].set_value;
}

DWORD root_key_enum_key(enum root_key key)
{
    return root_keys[key].enum_key;
}

DWORD root_key_enum_value(enum root_key key, bool has_name)
{
    (void)key;
    return has_name ? ERROR_MORE_DATA : ERROR_INVALID_PARAMETER;
}

DWORD root_key_info(enum root_key key, DWORD *subkeys, DWORD *values)
{
    (void)key;
    *subkeys = 0;
    *values = 2;
    return ERROR_SUCCESS;
}
