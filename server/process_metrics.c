#include "server/process_metrics.h"
#include "server/exposition.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Of /proc/self/stat; see proc(5). */
struct process {
    unsigned long user_ticks, system_ticks, virtual_bytes;
    long threads, resident_pages;
};

static bool read_process(struct process *process)
{
    char text[1024];
    const char *fields;
    FILE *file = fopen("/proc/self/stat", "re");
    size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[n] = '\0';
    fields = strrchr(text, ')'); /* the program's name may hold anything */
    /* NOLINTNEXTLINE(cert-err34-c): numbers of the kernel's own. */
    return fields && sscanf(fields + 1,
                            " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %ld %*d %*u %lu %ld",
                            &process->user_ticks, &process->system_ticks, &process->threads, &process->virtual_bytes,
                            &process->resident_pages) == 5;
}

static void print_process(const struct process *process, struct buffer *out)
{
    double ticks = (double)(process->user_ticks + process->system_ticks);
    expose_family(out, "process_cpu_seconds_total", "counter",
                  "Processor time, of the program and of the system for it.");
    expose_seconds(out, "process_cpu_seconds_total", NULL, ticks / (double)sysconf(_SC_CLK_TCK));
    expose_gauge(out, "process_resident_memory_bytes", "Memory that is in use.",
                 process->resident_pages * sysconf(_SC_PAGESIZE));
    expose_gauge(out, "process_virtual_memory_bytes", "Addresses that are taken, in use or not.",
                 (int64_t)process->virtual_bytes);
    expose_gauge(out, "process_threads", "Threads of the process.", process->threads);
}

/* Files and sockets that are open; 0: not known. */
static int count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;
    if (!folder)
        return 0;
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count - 1; /* the folder itself */
}

void process_metrics_print(int64_t started_ms, struct buffer *out)
{
    struct process process;
    struct rlimit files;
    int open = count_descriptors();
    if (read_process(&process))
        print_process(&process, out);
    if (open)
        expose_gauge(out, "process_open_fds", "Files and sockets that are open.", open);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0)
        expose_gauge(out, "process_max_fds", "Files and sockets that may be open.", (int64_t)files.rlim_cur);
    expose_family(out, "process_start_time_seconds", "gauge", "When the process started, in seconds since 1970.");
    expose_seconds(out, "process_start_time_seconds", NULL, (double)started_ms / 1000);
}
