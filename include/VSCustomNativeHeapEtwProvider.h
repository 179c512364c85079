/* SPDX-License-Identifier: MIT
 *
 * The custom-heap tracking API, source-compatible with the header of the same name that comes with
 * Visual Studio: code written against that one compiles against this one, in C and C++, with
 * mingw-w64, gcc and clang. Link libheaptracker instead of VSCustomNativeHeapEtwProvider.lib; the
 * heaps then appear as instances of the performance object "Custom Heap".
 *
 * What holds for all functions:
 *
 * - Results: 0 is success, anything else is a failure that changed nothing else than the counters
 *   of unmatched, failed or lost events. No event ever fails the application.
 * - Threads: all functions may be called from any thread at any time, also before main and under
 *   the loader lock; a close against a running event is harmless.
 * - Handles: NULL, INVALID_VSHEAPTRACK_HANDLE_VALUE, closed and foreign handles give a non-zero
 *   result and nothing else. A handle is no pointer: it carries a generation.
 * - Order: report an allocation after it was made and a free before the block is given back;
 *   otherwise another thread can get the address, and report it, first.
 * - `unsigned long` has 32 bits on Windows, also on x64: for blocks of 4 GiB and more, and for
 *   everything else that this interface cannot say, use heaptracker.h. Handles are the same.
 */
#ifndef __VS_CUSTOM_ETW_HEAP_EVENT_H__
#define __VS_CUSTOM_ETW_HEAP_EVENT_H__

#include <stddef.h>

#ifndef EXTERN_C
#ifdef __cplusplus
#define EXTERN_C extern "C"
#else
#define EXTERN_C extern
#endif
#endif

/* The calling convention exists on 32-bit Windows alone; elsewhere there is only one. */
#if defined(_WIN32) && (defined(_M_IX86) || defined(__i386__))
#if defined(__GNUC__) && !defined(__stdcall)
#define VSHEAPTRACKER_CALL __attribute__((__stdcall__))
#else
#define VSHEAPTRACKER_CALL __stdcall
#endif
#else
#define VSHEAPTRACKER_CALL
#endif

/* Functions that return fresh memory are marked `__declspec(allocator)`, which makes Visual C++
 * and clang write each call's type into the debug information. Where the compiler does not know
 * the attribute (gcc), or __declspec at all (gcc and clang for Linux), exactly that one is made to
 * vanish; every other __declspec(x) means __attribute__((x)), which is mingw-w64's own meaning. */
#ifndef __has_declspec_attribute
#define __has_declspec_attribute(name) 0
#endif
#if !defined(_MSC_VER) && defined(__GNUC__) &&                                                     \
    !(defined(__clang__) && !defined(__declspec) && __has_declspec_attribute(allocator))
#undef __declspec
#define __declspec(x) VSHEAPTRACKER_SECOND(VSHEAPTRACKER_IS_##x, __attribute__((x)), ~)
#define VSHEAPTRACKER_IS_allocator ~,
#define VSHEAPTRACKER_SECOND(...) VSHEAPTRACKER_SECOND_(__VA_ARGS__)
#define VSHEAPTRACKER_SECOND_(first, second, ...) second
#endif

/* An address is remembered and never followed: gcc need not warn about what is not written yet. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 11
#define VSHEAPTRACKER_ADDRESS(parameter) __attribute__((__access__(__none__, parameter)))
#else
#define VSHEAPTRACKER_ADDRESS(parameter)
#endif

typedef void *VSHeapTrackerHandle;

#define INVALID_VSHEAPTRACK_HANDLE_VALUE ((VSHeapTrackerHandle)-1)

/**
 * Begin to track a heap.
 *
 * @param pHeapName  UTF-8, copied, of any length; bad bytes are replaced. NULL and "" show as
 *                   "unnamed". Heaps of equal names are separate heaps.
 * @return a handle; INVALID_VSHEAPTRACK_HANDLE_VALUE when there is no memory for it
 */
EXTERN_C VSHeapTrackerHandle VSHEAPTRACKER_CALL OpenHeapTracker(const char *pHeapName);

/** Stop tracking: the heap disappears with all its blocks. */
EXTERN_C size_t VSHEAPTRACKER_CALL CloseHeapTracker(VSHeapTrackerHandle heapHandle);

/**
 * A block was allocated. Size 0 is legal. An address that is still in use means that its free was
 * missed: that block is retired first and counted as unmatched. NULL counts a failed allocation.
 */
EXTERN_C size_t VSHEAPTRACKER_CALL VSHeapTrackerAllocateEvent(VSHeapTrackerHandle heapHandle,
                                                              const void *pAddress,
                                                              unsigned long size)
    VSHEAPTRACKER_ADDRESS(2);

/** A block is being freed. An unknown address is counted, and the result says so. NULL is fine. */
EXTERN_C size_t VSHEAPTRACKER_CALL VSHeapTrackerDeallocateEvent(VSHeapTrackerHandle heapHandle,
                                                                const void *pAddress)
    VSHEAPTRACKER_ADDRESS(2);

/**
 * A block was resized, in place or not. Mind the order: new address, size, old address.
 * Old NULL is an allocation; new NULL a failure that leaves the old block.
 */
EXTERN_C size_t VSHEAPTRACKER_CALL VSHeapTrackerReallocateEvent(VSHeapTrackerHandle heapHandle,
                                                                const void *pNewAddress,
                                                                unsigned long size,
                                                                const void *pOldAddress)
    VSHEAPTRACKER_ADDRESS(2) VSHEAPTRACKER_ADDRESS(4);

/* Two names that the documentation of the API misspells and that no library ever had: for sources
 * that were written after the text. Define VSHEAPTRACKER_MISSPELT_NAMES to get them. */
#ifdef VSHEAPTRACKER_MISSPELT_NAMES
#define VSHeapTracerDeallocateEvent VSHeapTrackerDeallocateEvent
#define VSHeapReallocateEvent VSHeapTrackerReallocateEvent
#endif

#ifdef __cplusplus

namespace VSHeapTracker
{

/** One tracked heap. Opens in the constructor (ask IsValidObject), closes in the destructor.
 *  A copy closes the same handle once more, which is harmless. */
class CHeapTracker
{
  public:
    CHeapTracker(const char *pHeapName) noexcept : m_heapHandle(OpenHeapTracker(pHeapName))
    {
    }

    ~CHeapTracker() noexcept
    {
        CloseHeapTracker(m_heapHandle);
    }

    size_t AllocateEvent(const void *pAddress, unsigned long size) const noexcept
    {
        return VSHeapTrackerAllocateEvent(m_heapHandle, pAddress, size);
    }

    size_t DeallocateEvent(const void *pAddress) const noexcept
    {
        return VSHeapTrackerDeallocateEvent(m_heapHandle, pAddress);
    }

    size_t ReallocateEvent(const void *pNewAddress, unsigned long size,
                           const void *pOldAddress) const noexcept
    {
        return VSHeapTrackerReallocateEvent(m_heapHandle, pNewAddress, size, pOldAddress);
    }

    bool IsValidObject() noexcept
    {
        return m_heapHandle != INVALID_VSHEAPTRACK_HANDLE_VALUE;
    }

  private:
    VSHeapTrackerHandle m_heapHandle;
};

} // namespace VSHeapTracker

#endif /* __cplusplus */

#endif /* __VS_CUSTOM_ETW_HEAP_EVENT_H__ */
