/* rule: v2-memory-context-stack; the memory context is a variable of the start */
#include <stdlib.h>
#define NO_ROUTINES
static void *take(size_t size, void *context)
{
    return context ? malloc(size) : NULL;
}
#define BEFORE_START                                                                               \
    int heap = 0;                                                                                  \
    context.MemAllocRoutine = stack_allocate;                                                      \
    context.MemFreeRoutine = stack_free;                                                           \
    context.pMemContext = &heap;
#include "perflib.h"
static LPVOID CALLBACK stack_allocate(SIZE_T size, LPVOID context)
{
    return take(size, context);
}
static void CALLBACK stack_free(LPVOID block, LPVOID context)
{
    (void)context;
    free(block);
}
#include "frame/provider.h"
