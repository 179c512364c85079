/* SPDX-License-Identifier: MIT
 *
 * The custom-heap tracking API, source-compatible with the header of the same name that comes with
 * Visual Studio: code written against that one compiles against this one, in C and C++, with
 * mingw-w64, gcc and clang. Link libheaptracker instead of VSCustomNativeHeapEtwProvider.lib; the
 * heaps then appear as instances of the performance object "Custom Heap".
 *
 * What holds for all functions:
 *
 * - Results: 0 is success. Any other value is a failure, which changes only the counters of
 *   unmatched, failed or lost events. The application may ignore every result.
 * - Threads: all functions may be called from any thread at any time, also before main and under
 *   the loader lock. A heap may be closed while another thread reports an event for it.
 * - Handles: NULL, INVALID_VSHEAPTRACK_HANDLE_VALUE, closed and foreign handles give a non-zero
 *   result and have no other effect. A handle is not a pointer: it contains a generation number.
 * - Order: report an allocation after it is made, and a free before the block is released.
 *   Otherwise another thread can get the same address and report it first.
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

/* Only 32-bit Windows has more than one calling convention. */
#if defined(_WIN32) && (defined(_M_IX86) || defined(__i386__))
#if defined(__GNUC__) && !defined(__stdcall)
#define VSHEAPTRACKER_CALL __attribute__((__stdcall__))
#else
#define VSHEAPTRACKER_CALL __stdcall
#endif
#else
#define VSHEAPTRACKER_CALL
#endif

/* Functions that return new memory are marked `__declspec(allocator)`. Visual C++ and clang then
 * write the type of each call into the debug information. gcc does not know the attribute, and gcc
 * and clang for Linux do not know __declspec. For these compilers, __declspec(allocator) expands to
 * nothing; every other __declspec(x) expands to __attribute__((x)), as in mingw-w64. */
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

/* The tracker stores the address and never reads the memory there, so gcc need not warn that the
 * memory is not initialised. */
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
 * @param pHeapName  UTF-8, copied, of any length; invalid bytes are replaced. NULL and "" are
 *                   shown as "unnamed". Heaps with equal names are separate heaps.
 * @return a handle; INVALID_VSHEAPTRACK_HANDLE_VALUE if there is not enough memory
 */
EXTERN_C VSHeapTrackerHandle VSHEAPTRACKER_CALL OpenHeapTracker(const char *pHeapName);

/** Stop tracking a heap. The heap and all its blocks disappear from the counters. */
EXTERN_C size_t VSHEAPTRACKER_CALL CloseHeapTracker(VSHeapTrackerHandle heapHandle);

/**
 * Report that a block was allocated. Size 0 is legal. If the address is still in use, its free was
 * not reported: the old block is removed first and counted as unmatched. NULL counts a failed
 * allocation.
 */
EXTERN_C size_t VSHEAPTRACKER_CALL VSHeapTrackerAllocateEvent(VSHeapTrackerHandle heapHandle,
                                                              const void *pAddress,
                                                              unsigned long size)
    VSHEAPTRACKER_ADDRESS(2);

/** Report that a block is about to be freed. An unknown address is counted as unmatched and gives a
 *  non-zero result. NULL does nothing. */
EXTERN_C size_t VSHEAPTRACKER_CALL VSHeapTrackerDeallocateEvent(VSHeapTrackerHandle heapHandle,
                                                                const void *pAddress)
    VSHEAPTRACKER_ADDRESS(2);

/**
 * Report that a block was resized, in place or not. The order of the parameters is: new address,
 * size, old address. If the old address is NULL, this is an allocation. If the new address is NULL,
 * this is a failed allocation and the old block stays.
 */
EXTERN_C size_t VSHEAPTRACKER_CALL VSHeapTrackerReallocateEvent(VSHeapTrackerHandle heapHandle,
                                                                const void *pNewAddress,
                                                                unsigned long size,
                                                                const void *pOldAddress)
    VSHEAPTRACKER_ADDRESS(2) VSHEAPTRACKER_ADDRESS(4);

/* The documentation of the API misspells two names. No library exports the misspelt names, but
 * sources that follow the documentation use them. Define VSHEAPTRACKER_MISSPELT_NAMES to get
 * them. */
#ifdef VSHEAPTRACKER_MISSPELT_NAMES
#define VSHeapTracerDeallocateEvent VSHeapTrackerDeallocateEvent
#define VSHeapReallocateEvent VSHeapTrackerReallocateEvent
#endif

#ifdef __cplusplus

namespace VSHeapTracker
{

/** One tracked heap. The constructor opens it (IsValidObject says whether that succeeded), and the
 *  destructor closes it. A copy closes the same handle a second time, which is harmless. */
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
