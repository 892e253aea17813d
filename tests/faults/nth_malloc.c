/* Preloaded into a program, lets the allocations of memory fail that the file named by NTH_MALLOC says, and counts all.
 * The file is mapped: whoever has it open sees the counts while the program runs, and after it was killed, and says
 * anew what fails. Six numbers of 64 bits: count     allocations so far from, to  the first and the last of them that
 * fail; 0: none failed    how many have failed live      blocks that are not freed yet stacks    how many allocations
 * have a hash behind these numbers, as far as the file has room: of the calls that led to each, the same in every run.
 * Those with the same hash are the same place in the program. A failure is told on stderr with the calls that led to it
 * when NTH_MALLOC_SAY is set. */
#define _GNU_SOURCE
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* glibc's own, by the names under which it offers them to those that stand in for malloc(). */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t align, size_t size);
extern void __libc_free(void *block);

enum { NUMBERS = 6, FRAMES = 24, MODULES_MOST = 128 };

struct control {
    int64_t count, from, to, failed, live, stacks;
    uint64_t hashes[];
};

static struct control *control;
static size_t room; /* hashes that the file has room for */
static bool says;
static __thread bool inside __attribute__((tls_model("initial-exec")));

struct module {
    uintptr_t start, end, base;
};

static struct module modules[MODULES_MOST];
static size_t module_count;

static int note_module(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X) && module_count < MODULES_MOST)
            modules[module_count++] = (struct module){start, start + part->p_memsz, info->dlpi_addr};
    }
    return 0;
}

/* Where in its library: the system puts libraries elsewhere in every run. 0: in one that was loaded later. */
static uintptr_t place_of(uintptr_t address)
{
    for (size_t i = 0; i < module_count; i++)
        if (address >= modules[i].start && address < modules[i].end)
            return address - modules[i].base;
    return 0;
}

static uint64_t hash_of_calls(void)
{
    void *calls[FRAMES];
    int n = backtrace(calls, FRAMES);
    uint64_t hash = 14695981039346656037u;
    for (int i = 2; i < n; i++)
        hash = (hash ^ place_of((uintptr_t)calls[i])) * 1099511628211u;
    return hash;
}

static void say(int64_t number)
{
    void *calls[FRAMES];
    char text[64] = "nth_malloc: this one fails: ";
    size_t n = strlen(text), digits = n;
    for (int64_t rest = number; rest; rest /= 10)
        digits++;
    text[digits] = '\n';
    for (size_t at = digits; at > n; number /= 10)
        text[--at] = (char)('0' + number % 10);
    if (write(2, text, digits + 1) > 0)
        backtrace_symbols_fd(calls, backtrace(calls, FRAMES), 2);
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("NTH_MALLOC");
    struct stat info;
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *calls[2], *memory;
    if (fd < 0)
        return;
    inside = true;
    says = getenv("NTH_MALLOC_SAY");
    backtrace(calls, 2); /* the first one loads a library */
    dl_iterate_phdr(note_module, NULL);
    inside = false;
    memory = fstat(fd, &info) == 0 ? mmap(NULL, (size_t)info.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                                   : MAP_FAILED;
    close(fd);
    if (memory == MAP_FAILED)
        abort();
    room = (size_t)info.st_size / 8 - NUMBERS;
    control = memory;
}

/* Whether this allocation is one of those that fail. */
static bool fails(void)
{
    int64_t number;
    if (!control || inside)
        return false;
    inside = true;
    number = __atomic_add_fetch(&control->count, 1, __ATOMIC_RELAXED);
    if ((size_t)number <= room) {
        control->hashes[number - 1] = hash_of_calls();
        __atomic_add_fetch(&control->stacks, 1, __ATOMIC_RELAXED);
    }
    if (control->from && number >= control->from && number <= control->to) {
        __atomic_add_fetch(&control->failed, 1, __ATOMIC_RELAXED);
        if (says)
            say(number);
        inside = false;
        errno = ENOMEM;
        return true;
    }
    inside = false;
    return false;
}

static void *counted(void *block)
{
    if (block && control)
        __atomic_add_fetch(&control->live, 1, __ATOMIC_RELAXED);
    return block;
}

void *malloc(size_t size)
{
    return fails() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
    void *moved;
    if (size && fails())
        return NULL;
    moved = __libc_realloc(block, size);
    if (control && !block && moved)
        __atomic_add_fetch(&control->live, 1, __ATOMIC_RELAXED);
    else if (control && block && !size)
        __atomic_sub_fetch(&control->live, 1, __ATOMIC_RELAXED);
    return moved;
}

void *reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, bytes);
}

void *memalign(size_t align, size_t size)
{
    return fails() ? NULL : counted(__libc_memalign(align, size));
}

void *aligned_alloc(size_t align, size_t size)
{
    return memalign(align, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
    void *block = memalign(align, size);
    if (block)
        *out = block;
    return block ? 0 : ENOMEM;
}

void free(void *block)
{
    if (block && control)
        __atomic_sub_fetch(&control->live, 1, __ATOMIC_RELAXED);
    __libc_free(block);
}
