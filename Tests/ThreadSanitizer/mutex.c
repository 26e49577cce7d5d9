// SPDX-License-Identifier: Apache-2.0
//
// Tells ThreadSanitizer what a contended `Synchronization.Mutex` does.
//
// Its uncontended path is atomic instructions in our own, instrumented code. A contended lock is taken and handed over
// in the standard library, which is not instrumented, and by the kernel (FUTEX_UNLOCK_PI): ThreadSanitizer would see
// two threads in one critical section with nothing between them. These two functions stand before the library's own.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

// `_MutexHandle._lockSlow(_: UInt32)` and `_MutexHandle._unlockSlow()`, part of the library's stable interface.
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

void __tsan_acquire(void *address);
void __tsan_release(void *address);

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(LOCK_SLOW);
SWIFT void unlock_slow(SELF) __asm__(UNLOCK_SLOW);

static SWIFT void (*library_lock_slow)(uint32_t thread, SELF);
static SWIFT void (*library_unlock_slow)(SELF);

__attribute__((constructor)) static void find_library(void) {
    *(void **)&library_lock_slow = dlsym(RTLD_NEXT, LOCK_SLOW);
    *(void **)&library_unlock_slow = dlsym(RTLD_NEXT, UNLOCK_SLOW);
    if (library_lock_slow == NULL || library_unlock_slow == NULL)
        abort();
}

SWIFT void lock_slow(uint32_t thread, SELF) {
    library_lock_slow(thread, self);
    __tsan_acquire(self);
}

SWIFT void unlock_slow(SELF) {
    __tsan_release(self);
    library_unlock_slow(self);
}
