/* Counts a thread's heap allocations: `cc -shared -fPIC -o allocations.so Scripts/allocations.c`, then LD_PRELOAD it into `recs bench operators`. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>

/* The allocator behind the names that we take over (glibc exports it). */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

/* Thread-local storage that needs no allocation itself. */
static __thread uint64_t all __attribute__((tls_model("initial-exec")));
static __thread uint64_t swift __attribute__((tls_model("initial-exec")));

/* Where the code of Swift's allocator stands: all its objects come from there. */
static uintptr_t swift_code;
static uintptr_t swift_code_size;

__attribute__((constructor)) static void find_swift(void) {
    Dl_info info;
    const ElfW(Sym) *symbol = NULL;
    void *code = dlsym(RTLD_DEFAULT, "swift_slowAlloc");
    if (code != NULL && dladdr1(code, &info, (void **)&symbol, RTLD_DL_SYMENT) != 0 && symbol != NULL) {
        swift_code = (uintptr_t)code;
        swift_code_size = symbol->st_size;
    }
}

static inline void note(void *caller) {
    all += 1;
    if ((uintptr_t)caller - swift_code < swift_code_size) swift += 1;
}

void *malloc(size_t size) {
    note(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    note(__builtin_return_address(0));
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    note(__builtin_return_address(0));
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
    note(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    note(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    note(__builtin_return_address(0));
    void *found = __libc_memalign(alignment, size);
    if (found == NULL) return ENOMEM;
    *result = found;
    return 0;
}

/* This thread's allocations so far, and those of them by Swift. */
uint64_t recs_allocations(void) { return all; }
uint64_t recs_swift_allocations(void) { return swift; }
