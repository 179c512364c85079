/* SPDX-License-Identifier: MIT
 *
 * .eh_frame_hdr, FDE, CIE and the program of call frame instructions: see eh_frame.h. The format is
 * that of the Linux Standard Base, "Exception Frames", and of DWARF 4, 6.4.
 */
#include "eh_frame.h"

#include <stddef.h>
#include <string.h>

/* The numbers of DWARF for x86-64. */
enum { REGISTER_RBP = 6, REGISTER_RSP = 7, REGISTER_RETURN = 16 };
enum { REMEMBERED = 8 }; /* depth of the stack of DW_CFA_remember_state; compilers use one */

/* Encodings of pointers, DW_EH_PE_...: the low four bits are the form, the others say what it is relative to. */
enum {
    FORM_ABSOLUTE = 0,
    FORM_U4 = 3,
    FORM_U8 = 4,
    FORM_S4 = 0xB,
    FORM_S8 = 0xC,
    RELATIVE_PC = 0x10
};
/* What linkers write into the header: offsets of 4 bytes from their own place, a number of 4 bytes, and offsets of
   4 bytes from the header. */
enum { HEADER_POINTER = 0x1B, HEADER_COUNT = 0x03, HEADER_TABLE = 0x3B };

/* A place in the window. A read past the end returns zeros and marks the cursor. */
struct cursor {
    uintptr_t at, end;
    bool is_past;
};

static uint64_t take(struct cursor *cursor, size_t size)
{
    uint64_t value = 0;

    if (cursor->end - cursor->at < size) {
        cursor->is_past = true;
        cursor->at = cursor->end;
        return 0;
    }
    memcpy(&value, (const void *)cursor->at, size);
    cursor->at += size;
    return value;
}

/* A LEB128 number. *bits receives the number of bits that its bytes hold, and *is_negative the sign that
   it has if it is read as a signed number. */
static uint64_t take_leb(struct cursor *cursor, unsigned *bits, bool *is_negative)
{
    uint64_t value = 0, byte;

    *bits = 0;
    do {
        byte = take(cursor, 1);
        if (*bits < 64)
            value |= (byte & 0x7F) << *bits;
        *bits += 7;
    } while (byte & 0x80);
    *is_negative = byte & 0x40;
    return value;
}

static uint64_t take_uleb(struct cursor *cursor)
{
    unsigned bits;
    bool is_negative;

    return take_leb(cursor, &bits, &is_negative);
}

static int64_t take_sleb(struct cursor *cursor)
{
    unsigned bits;
    bool is_negative;
    uint64_t value = take_leb(cursor, &bits, &is_negative);

    if (is_negative && bits < 64)
        value |= ~(uint64_t)0 << bits;
    return (int64_t)value;
}

static void skip(struct cursor *cursor, uint64_t size)
{
    if (cursor->end - cursor->at < size) {
        cursor->is_past = true;
        cursor->at = cursor->end;
    } else {
        cursor->at += (uintptr_t)size;
    }
}

static uint64_t take_pointer(struct cursor *cursor, unsigned encoding)
{
    const uintptr_t at = cursor->at;
    uint64_t value = 0;

    switch (encoding & 0xF) {
    case FORM_ABSOLUTE:
    case FORM_U8:
    case FORM_S8:
        value = take(cursor, 8);
        break;
    case FORM_U4:
        value = take(cursor, 4);
        break;
    case FORM_S4:
        value = (uint64_t)(int64_t)(int32_t)take(cursor, 4);
        break;
    default:
        cursor->is_past = true;
    }
    if ((encoding & 0x70) == RELATIVE_PC)
        value += at;
    else if (encoding & 0x70)
        cursor->is_past = true;
    return value;
}

/* Open the contents of a CIE or FDE that begins at `at`. If it is not inside the window, or is empty,
   every read is past the end. */
static struct cursor open_entry(const struct eh_window *window, uintptr_t at)
{
    const struct cursor outside = { 0, 0, true };
    struct cursor cursor = { at, window->end, false };

    if (at < window->begin || at >= window->end)
        return outside;
    uint64_t length = take(&cursor, 4);
    if (length >= 0xFFFFFFF0 || length > window->end - cursor.at)
        return outside;
    return (struct cursor){ cursor.at, cursor.at + (uintptr_t)length, false };
}

struct cie {
    uint64_t code_align;
    int64_t data_align;
    unsigned pointer_encoding;
    bool has_augmentation;
    struct cursor program;
};

static bool read_cie(const struct eh_window *window, uintptr_t at, struct cie *cie)
{
    struct cursor cursor = open_entry(window, at);
    char letters[8];
    size_t count = 0;

    if (take(&cursor, 4) != 0)
        return false;
    unsigned version = (unsigned)take(&cursor, 1);
    if (version != 1 && version != 3)
        return false;
    do {
        if (count == sizeof(letters))
            return false;
        letters[count] = (char)take(&cursor, 1);
    } while (letters[count++] != 0);
    cie->code_align = take_uleb(&cursor);
    cie->data_align = take_sleb(&cursor);
    if ((version == 1 ? take(&cursor, 1) : take_uleb(&cursor)) != REGISTER_RETURN)
        return false;
    cie->pointer_encoding = FORM_ABSOLUTE;
    cie->has_augmentation = letters[0] == 'z';
    if (!cie->has_augmentation && letters[0])
        return false;
    uint64_t size = cie->has_augmentation ? take_uleb(&cursor) : 0;
    struct cursor data = cursor;
    for (size_t i = cie->has_augmentation; letters[i]; i++) {
        if (letters[i] == 'R')
            cie->pointer_encoding = (unsigned)take(&data, 1);
        else if (letters[i] == 'L')
            take(&data, 1);
        else if (letters[i] == 'P')
            take_pointer(&data, (unsigned)take(&data, 1) & 0x7F);
        else
            return false; /* 'S': a signal frame, which ends the walk */
    }
    skip(&cursor, size);
    cie->program = cursor;
    return !cursor.is_past && !data.is_past;
}

/* ---- the program --------------------------------------------------------------------------- */

struct state {
    int64_t cfa_offset, rbp_offset, return_offset;
    uint64_t cfa_register;
    bool is_rbp_saved, is_odd; /* is_odd: there is a rule that a row cannot have */
};

struct machine {
    const struct cie *cie;
    struct state state, initial, remembered[REMEMBERED];
    size_t depth;
    uint64_t location, pc;
};

static void set_offset(struct machine *machine, uint64_t number, int64_t offset)
{
    struct state *state = &machine->state;

    if (number == REGISTER_RBP) {
        state->is_rbp_saved = true;
        state->rbp_offset = offset;
    } else if (number == REGISTER_RETURN) {
        state->return_offset = offset;
    } else if (number == REGISTER_RSP) {
        state->is_odd = true;
    }
}

/* Set a rule of another kind than "saved at an offset". */
static void set_other(struct machine *machine, uint64_t number, bool is_same)
{
    struct state *state = &machine->state;

    if (number == REGISTER_RBP && is_same)
        state->is_rbp_saved = false;
    else if (number == REGISTER_RBP || number == REGISTER_RETURN || number == REGISTER_RSP)
        state->is_odd = true;
}

static void restore(struct machine *machine, uint64_t number)
{
    if (number == REGISTER_RBP) {
        machine->state.is_rbp_saved = machine->initial.is_rbp_saved;
        machine->state.rbp_offset = machine->initial.rbp_offset;
    } else if (number == REGISTER_RETURN) {
        machine->state.return_offset = machine->initial.return_offset;
    }
}

static void set_cfa(struct machine *machine, uint64_t number, int64_t offset)
{
    machine->state.cfa_register = number;
    machine->state.cfa_offset = offset;
}

/* Advance the pc. Returns false if the row of the wanted pc is complete. */
static bool advance(struct machine *machine, uint64_t delta)
{
    machine->location += delta * machine->cie->code_align;
    return machine->location <= machine->pc;
}

/* Run an instruction whose number is in all eight bits. Returns false if the program has ended,
   or the instruction is unknown. */
static bool run_extended(struct machine *machine, struct cursor *cursor, unsigned code)
{
    const int64_t align = machine->cie->data_align;
    uint64_t number;

    switch (code) {
    case 0x00: /* nop */
        return true;
    case 0x01: /* set_loc */
        machine->location = take_pointer(cursor, machine->cie->pointer_encoding);
        return machine->location <= machine->pc;
    case 0x02: /* advance_loc1, 2, 4 */
        return advance(machine, take(cursor, 1));
    case 0x03:
        return advance(machine, take(cursor, 2));
    case 0x04:
        return advance(machine, take(cursor, 4));
    case 0x05: /* offset_extended */
        number = take_uleb(cursor);
        set_offset(machine, number, (int64_t)((uint64_t)take_uleb(cursor) * (uint64_t)align));
        return true;
    case 0x06: /* restore_extended */
        restore(machine, take_uleb(cursor));
        return true;
    case 0x07: /* undefined: an undefined return address ends the stack */
        set_other(machine, take_uleb(cursor), false);
        return true;
    case 0x08: /* same_value */
        set_other(machine, take_uleb(cursor), true);
        return true;
    case 0x09: /* register */
        set_other(machine, take_uleb(cursor), false);
        take_uleb(cursor);
        return true;
    case 0x0A: /* remember_state */
        if (machine->depth == REMEMBERED)
            return false;
        machine->remembered[machine->depth++] = machine->state;
        return true;
    case 0x0B: /* restore_state */
        if (machine->depth == 0)
            return false;
        machine->state = machine->remembered[--machine->depth];
        return true;
    case 0x0C: /* def_cfa */
        number = take_uleb(cursor);
        set_cfa(machine, number, (int64_t)take_uleb(cursor));
        return true;
    case 0x0D: /* def_cfa_register */
        machine->state.cfa_register = take_uleb(cursor);
        return true;
    case 0x0E: /* def_cfa_offset */
        machine->state.cfa_offset = (int64_t)take_uleb(cursor);
        return true;
    case 0x0F: /* def_cfa_expression */
        skip(cursor, take_uleb(cursor));
        set_cfa(machine, UINT64_MAX, 0);
        return true;
    case 0x10: /* expression */
    case 0x16: /* val_expression */
        set_other(machine, take_uleb(cursor), false);
        skip(cursor, take_uleb(cursor));
        return true;
    case 0x11: /* offset_extended_sf */
        number = take_uleb(cursor);
        set_offset(machine, number, (int64_t)((uint64_t)take_sleb(cursor) * (uint64_t)align));
        return true;
    case 0x12: /* def_cfa_sf */
        number = take_uleb(cursor);
        set_cfa(machine, number, (int64_t)((uint64_t)take_sleb(cursor) * (uint64_t)align));
        return true;
    case 0x13: /* def_cfa_offset_sf */
        machine->state.cfa_offset = (int64_t)((uint64_t)take_sleb(cursor) * (uint64_t)align);
        return true;
    case 0x14: /* val_offset */
    case 0x15: /* val_offset_sf */
        set_other(machine, take_uleb(cursor), false);
        take_uleb(cursor);
        return true;
    case 0x2E: /* GNU_args_size */
        take_uleb(cursor);
        return true;
    default:
        machine->state.is_odd = true;
        return false;
    }
}

/* Run up to the row of the pc. Returns false if the program is damaged. */
static bool run(struct machine *machine, struct cursor cursor)
{
    while (cursor.at < cursor.end) {
        unsigned code = (unsigned)take(&cursor, 1);
        bool goes_on = true;
        switch (code >> 6) {
        case 1:
            goes_on = advance(machine, code & 0x3F);
            break;
        case 2:
            set_offset(
                machine, code & 0x3F,
                (int64_t)((uint64_t)take_uleb(&cursor) * (uint64_t)machine->cie->data_align));
            break;
        case 3:
            restore(machine, code & 0x3F);
            break;
        default:
            goes_on = run_extended(machine, &cursor, code);
        }
        if (cursor.is_past)
            return false;
        if (!goes_on)
            return machine->location > machine->pc;
    }
    return true;
}

/* ---- the table ----------------------------------------------------------------------------- */

/* The address of the FDE that may contain the pc, or 0, which is in no window. */
static uintptr_t find_fde(const struct eh_window *window, uintptr_t header, uintptr_t pc)
{
    struct cursor cursor = { header, window->end, false };

    if (header < window->begin || header >= window->end || take(&cursor, 1) != 1 ||
        take(&cursor, 1) != HEADER_POINTER || take(&cursor, 1) != HEADER_COUNT ||
        take(&cursor, 1) != HEADER_TABLE)
        return 0;
    take(&cursor, 4);
    uint64_t count = take(&cursor, 4);
    if (count > (window->end - cursor.at) / 8)
        return 0;
    /* Find the last entry that does not begin after the pc. */
    const uintptr_t table = cursor.at;
    uint64_t low = 0, high = count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        int32_t begin;
        memcpy(&begin, (const void *)(table + (uintptr_t)middle * 8), sizeof(begin));
        if (header + (uintptr_t)(intptr_t)begin <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return 0;
    int32_t place;
    memcpy(&place, (const void *)(table + (uintptr_t)(low - 1) * 8 + 4), sizeof(place));
    return header + (uintptr_t)(intptr_t)place;
}

bool eh_frame_find(const struct eh_window *window, uintptr_t header, uintptr_t pc,
                   struct eh_row *row)
{
    struct machine machine = { .pc = pc };
    struct cie cie;
    struct cursor fde = open_entry(window, find_fde(window, header, pc));
    const uintptr_t field = fde.at;
    if (!read_cie(window, field - (uintptr_t)take(&fde, 4), &cie))
        return false;
    uint64_t begin = take_pointer(&fde, cie.pointer_encoding);
    uint64_t size = take_pointer(&fde, cie.pointer_encoding & 0xF);
    if (cie.has_augmentation)
        skip(&fde, take_uleb(&fde));
    if (fde.is_past || pc < begin || pc - begin >= size)
        return false;
    machine.cie = &cie;
    machine.location = 0;
    if (!run(&machine, cie.program))
        return false;
    machine.initial = machine.state;
    machine.location = begin;
    if (!run(&machine, fde))
        return false;
    const struct state *state = &machine.state;
    if (state->is_odd || state->return_offset != -8 ||
        (state->cfa_register != REGISTER_RSP && state->cfa_register != REGISTER_RBP) ||
        state->cfa_offset < 8 || state->cfa_offset > INT32_MAX ||
        (state->is_rbp_saved && (state->rbp_offset >= 0 || state->rbp_offset < INT32_MIN)))
        return false;
    row->is_of_rbp = state->cfa_register == REGISTER_RBP;
    row->cfa_offset = (int32_t)state->cfa_offset;
    row->rbp_offset = state->is_rbp_saved ? (int32_t)state->rbp_offset : 0;
    return true;
}
