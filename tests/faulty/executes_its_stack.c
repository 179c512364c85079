/* rule: crash */
#include "frame/faulty.h"

/* The faulting address lies beside the stack pointer, although no stack has overflowed. */
static void crash(struct call *call)
{
    volatile unsigned char code[64] = { 0xC3 };
    void (*volatile function)(void) = (void (*)(void))(uintptr_t)code;

    (void)call;
    function();
}
#define ON_COLLECT crash
#include "frame/exports.h"
