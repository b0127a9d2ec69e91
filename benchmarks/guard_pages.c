/* A malloc that ends every block at a page nobody may touch, for guard_pages.py.

   Between guard_on() and guard_off() a block lies in pages of its own, its end at the end of the last one, with a
   page without any rights before and behind. A write or a read past the end stops the process at once, in compiled
   code and in code made at run time alike; what alignment leaves free is filled with a mark that free() checks. The
   process ends with status 77 and one line on standard error. Linux with glibc. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void __libc_free(void *);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

enum { MARK = 0xA5, FOUND = 77, UNABLE = 78 };
static const size_t PAGE = 4096, SPAN = (size_t)1 << 38;

/* Tensors and the scratch memory of kernels are aligned and all guarded; the many small objects of C++ and Python
   are not, since the system keeps only so many mappings. */
static const size_t SMALLEST_ALIGNED = 64, SMALLEST = 1024;

/* One for every page of the span; filled in for the first page of each block. */
typedef struct {
    size_t size, pages, start;
} Block;

static char *span;
static Block *blocks;
static size_t next_page;
static volatile int guarding;

static void stop(const char *what, size_t size, long offset) {
    char line[200];
    int n = snprintf(line, sizeof line, "GUARD %s, %ld bytes from the end of a block of %zu\n", what, offset, size);
    if (write(2, line, (size_t)n) < 0) {
    }
    _exit(FOUND);
}

static void give_up(const char *why) {
    fprintf(stderr, "GUARD gives up: %s\n", why);
    _exit(UNABLE);
}

static int ours(const void *p) {
    return span && (const char *)p >= span && (const char *)p < span + SPAN;
}

/* The block that begins in or before a page. */
static Block *block_before(size_t page) {
    while (page > 0 && !blocks[page].pages) page--;
    return &blocks[page];
}

static void on_fault(int number, siginfo_t *info, void *context) {
    char *at = info->si_addr;
    if (ours(at)) {
        Block *block = block_before((size_t)(at - span) / PAGE);
        const char *what = "access";
#ifdef __x86_64__
        what = (((ucontext_t *)context)->uc_mcontext.gregs[REG_ERR] >> 1) & 1 ? "write" : "read";
#endif
        stop(what, block->size, (long)(at - (span + block->start + block->size)));
    }
    signal(number, SIG_DFL);
    raise(number);
}

static void *reserve(size_t bytes, int rights) {
    return mmap(NULL, bytes, rights, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

void guard_on(void) {
    if (!span) {
        static char stack[1 << 16];
        stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
        struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
        blocks = reserve(SPAN / PAGE * sizeof(Block), PROT_READ | PROT_WRITE);
        span = reserve(SPAN, PROT_NONE);
        sigaltstack(&own, NULL);
        sigaction(SIGSEGV, &action, NULL);
    }
    guarding = 1;
}

void guard_off(void) {
    guarding = 0;
}

static void *guarded(size_t alignment, size_t size) {
    size_t inner = (size + PAGE - 1) / PAGE, pages = inner + 2;
    size_t first = __sync_fetch_and_add(&next_page, pages);
    if ((first + pages) * PAGE > SPAN) give_up("no address space is left");
    char *body = span + (first + 1) * PAGE;
    if (mprotect(body, inner * PAGE, PROT_READ | PROT_WRITE)) give_up(strerror(errno));
    memset(body, MARK, inner * PAGE);
    size_t offset = (inner * PAGE - size) & ~(alignment - 1);
    blocks[first] = (Block){size, pages, (first + 1) * PAGE + offset};
    return body + offset;
}

static Block *block_of(void *p) {
    size_t page = (size_t)((char *)p - span) / PAGE;
    Block *block = block_before(page - 1);
    if (span + block->start != (char *)p) stop("free of what was never given", block->size, 0);
    return block;
}

static void release(void *p) {
    Block *block = block_of(p);
    size_t first = (size_t)(block - blocks);
    char *body = span + (first + 1) * PAGE, *end = (char *)p + block->size;
    char *limit = span + (first + block->pages - 1) * PAGE;
    for (char *c = end; c < limit; c++)
        if ((unsigned char)*c != MARK) stop("write", block->size, (long)(c - end));
    for (char *c = body; c < (char *)p; c++)
        if ((unsigned char)*c != MARK) stop("write before the start", block->size, (long)(c - end));
    madvise(body, (size_t)(limit - body), MADV_DONTNEED);
    mprotect(body, (size_t)(limit - body), PROT_NONE);
    block->start = 0;
}

void *malloc(size_t size) {
    return guarding && size >= SMALLEST ? guarded(16, size) : __libc_malloc(size);
}

void free(void *p) {
    if (ours(p))
        release(p);
    else
        __libc_free(p);
}

void *calloc(size_t count, size_t size) {
    if (!guarding || count * size < SMALLEST) return __libc_calloc(count, size);
    return memset(guarded(16, count * size), 0, count * size);
}

void *realloc(void *p, size_t size) {
    if (!ours(p)) return __libc_realloc(p, size);
    size_t before = block_of(p)->size;
    void *moved = malloc(size);
    memcpy(moved, p, before < size ? before : size);
    release(p);
    return moved;
}

void *memalign(size_t alignment, size_t size) {
    if (!guarding || size < SMALLEST_ALIGNED) return __libc_memalign(alignment, size);
    return guarded(alignment < 16 ? 16 : alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return memalign(alignment, size);
}

int posix_memalign(void **p, size_t alignment, size_t size) {
    *p = memalign(alignment, size);
    return *p ? 0 : ENOMEM;
}

size_t malloc_usable_size(void *p) {
    if (!p) return 0;
    if (ours(p)) return block_of(p)->size;
    static size_t (*real)(void *);
    if (!real) real = (size_t(*)(void *))dlsym(RTLD_NEXT, "malloc_usable_size");
    return real(p);
}
