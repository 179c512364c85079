/* SPDX-License-Identifier: MIT
 *
 * Return addresses as small numbers, so that each live block can carry one: 65,534 of them for the
 * process; those that come later are unknown. Finding a known one takes no lock.
 */
#ifndef CALL_SITES_H
#define CALL_SITES_H

#include <stdint.h>

/** The number of an address; 0 for 0, and when there is no room. */
uint16_t call_sites_number(uintptr_t address);

/** The address of a number; NULL for 0. */
const void *call_sites_address(uint16_t number);

/** Entries of the array of addresses, by number. */
#define CALL_SITE_COUNT 65536u

/** Where the pointer to that array stands, for readers of another process: see process_image.h. */
const void *call_sites_location(void);

/** Around fork. */
void call_sites_lock(void);
void call_sites_unlock(void);

/** Give everything back, or forget it untouched. */
void call_sites_release(void);
void call_sites_forget(void);

#endif /* CALL_SITES_H */
