/* SPDX-License-Identifier: MIT
 *
 * Return addresses as small numbers, so that each live block can have one. There are 65,534 numbers
 * for the process; later addresses are unknown. Finding a known address takes no lock.
 */
#ifndef CALL_SITES_H
#define CALL_SITES_H

#include <stdint.h>

/** The number of an address; 0 for address 0, and if there is no space. */
uint16_t call_sites_number(uintptr_t address);

/** The address of a number; NULL for 0. */
const void *call_sites_address(uint16_t number);

/** Entries of the array of addresses, by number. */
#define CALL_SITE_COUNT 65536u

/**
 * The address of the pointer to that array, for readers in another process: see process_image.h.
 */
const void *call_sites_location(void);

/** Lock and unlock around fork. */
void call_sites_lock(void);
void call_sites_unlock(void);

/** Free everything, or forget it without touching it. */
void call_sites_release(void);
void call_sites_forget(void);

#endif /* CALL_SITES_H */
