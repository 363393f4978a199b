/* Runs a system and watches it from outside, the same for every system: how many records are in its
 * output topic by end offsets, and what it has cost until then. It starts the command itself, when
 * its own clients are connected, so that the time from exec to the first record out is measured and
 * not guessed; it looks each millisecond until that record is there, then each 10 ms.
 *
 *   bench_watch BOOTSTRAP TOPIC [--until N] [--for MS] [--limit MS] [--broker PID] [--every MS]
 *               -- COMMAND [ARGUMENT...]
 *
 * --until N: the command does not end by itself: it is told to (SIGTERM to its process group, after
 * 10 s SIGKILL) once N records more than at the start are there. --for MS: told to after that time.
 * --limit MS (default 300,000): killed after that time, "outcome":"timeout".
 *
 * Each look is a line on stdout: {"ms":12.3,"records":N,"cpu_ns":N,"rss_kib":N,"broker_cpu_ns":N};
 * ms from exec. The last line has "outcome": exit, stopped or timeout, and the rusage of the
 * command. The command's output goes to stderr. SIGTERM stops the command and then this.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "common.h"
#include "process_group.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define USAGE                                                                                      \
    "bench_watch BOOTSTRAP TOPIC [--until N] [--for MS] [--limit MS] [--broker PID] [--every MS] " \
    "-- COMMAND [ARGUMENT...]"
#define NS_PER_MS INT64_C(1000000)

enum { FIND_EVERY_MS = 200, KILL_MS = 10000, OFFSETS_MS = 5000 };

typedef struct watch {
    const char *bootstrap, *topic;
    char **command;
    int64_t until, for_ms, limit_ms, every_ms;
    pid_t broker;

    rd_kafka_t *rk;
    rd_kafka_topic_partition_list_t *ends;
    bench_process_group group;
    int64_t started_ns, found_ns, base, records;
    int64_t broker_base_ns;
    int64_t told_ns; /* when the command was told to stop; 0: not */
    bool timed_out, killed;
    int status;
    struct rusage usage;
} watch;

static volatile sig_atomic_t stop_asked;

static void
on_signal(int number)
{
    (void)number;
    stop_asked = 1;
}

/* The sum of the end offsets. One request, which asks for the latest of each partition. */
static int64_t
watch_records(watch *w)
{
    int64_t sum = 0;

    for (int i = 0; i < w->ends->cnt; i++) {
        w->ends->elems[i].offset = RD_KAFKA_OFFSET_END;
    }
    if (rd_kafka_offsets_for_times(w->rk, w->ends, OFFSETS_MS) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return w->records + w->base;
    }
    for (int i = 0; i < w->ends->cnt; i++) {
        if (w->ends->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR || w->ends->elems[i].offset < 0) {
            return w->records + w->base;
        }
        sum += w->ends->elems[i].offset;
    }
    return sum;
}

static void
watch_open(watch *w)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    int32_t partitions;

    bench_conf_set(conf, "bootstrap.servers", w->bootstrap);
    bench_conf_set(conf, "enable.metrics.push", "false");
    w->rk = bench_client(RD_KAFKA_PRODUCER, conf);
    partitions = bench_partitions(w->rk, w->topic);
    w->ends = rd_kafka_topic_partition_list_new(partitions);
    for (int32_t p = 0; p < partitions; p++) {
        rd_kafka_topic_partition_list_add(w->ends, w->topic, p);
    }
    w->base = watch_records(w);
    w->broker_base_ns = w->broker > 0 ? bench_process_cpu_ns(w->broker) : 0;
}

static void
watch_start(watch *w)
{
    pid_t pid;

    w->started_ns = bench_now_ns();
    pid = fork();
    if (pid < 0) {
        bench_fail("fork: %s", strerror(errno));
    }
    if (pid == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* it does not outlive who measures it */
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execvp(w->command[0], w->command);
        fprintf(stderr, "bench_watch: %s: %s\n", w->command[0], strerror(errno));
        _exit(127);
    }
    setpgid(pid, pid);
    w->group.group = pid;
}

static int64_t
watch_ms(const watch *w)
{
    return (bench_now_ns() - w->started_ns) / NS_PER_MS;
}

static void
watch_look(watch *w)
{
    int64_t now;

    w->records = watch_records(w) - w->base;
    now = bench_now_ns();
    if (w->found_ns == 0 || now - w->found_ns > FIND_EVERY_MS * NS_PER_MS) {
        bench_process_group_find(&w->group);
        w->found_ns = now;
    }
    bench_process_group_read(&w->group);
    printf(
        "{\"ms\":%.2f,\"records\":%lld,\"cpu_ns\":%lld,\"rss_kib\":%lld,\"broker_cpu_ns\":%lld}\n",
        (double)(now - w->started_ns) / 1e6, (long long)w->records, (long long)w->group.cpu_ns,
        (long long)w->group.rss_kib,
        (long long)(w->broker > 0 ? bench_process_cpu_ns(w->broker) - w->broker_base_ns : 0));
}

static void
watch_stop(watch *w)
{
    int64_t ms = watch_ms(w);

    if (w->told_ns == 0 &&
        (stop_asked || ms > w->limit_ms || (w->until > 0 && w->records >= w->until) ||
         (w->for_ms > 0 && ms > w->for_ms))) {
        w->timed_out = ms > w->limit_ms;
        w->told_ns = bench_now_ns();
        kill(-w->group.group, SIGTERM);
    }
    if (w->told_ns != 0 && !w->killed && bench_now_ns() - w->told_ns > KILL_MS * NS_PER_MS) {
        w->killed = true;
        kill(-w->group.group, SIGKILL);
    }
}

static void
watch_run(watch *w)
{
    while (wait4(w->group.group, &w->status, WNOHANG, &w->usage) == 0) {
        int64_t every_ms = w->records > 0 ? w->every_ms : 1;
        struct timespec pause = {.tv_sec = every_ms / 1000,
                                 .tv_nsec = (long)(every_ms % 1000 * NS_PER_MS)};

        watch_look(w);
        watch_stop(w);
        nanosleep(&pause, NULL);
    }
    kill(-w->group.group, SIGKILL); /* what it left behind */
}

static int64_t
timeval_ns(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000000000 + (int64_t)t.tv_usec * 1000;
}

static void
watch_report(watch *w)
{
    double ms = (double)(bench_now_ns() - w->started_ns) / 1e6;
    int64_t cpu_ns = timeval_ns(w->usage.ru_utime) + timeval_ns(w->usage.ru_stime);

    w->records = watch_records(w) - w->base;
    cpu_ns = cpu_ns > w->group.cpu_ns ? cpu_ns : w->group.cpu_ns;
    printf("{\"outcome\":\"%s\",\"status\":%d,\"signal\":%d,\"killed\":%s,\"ms\":%.2f,\"records\":%"
           "lld,\"cpu_ns\":%lld,\"peak_kib\":%lld,\"switches\":%ld,\"switches_voluntary\":%ld,"
           "\"processes\":%zu,\"broker_cpu_ns\":%lld}\n",
           w->timed_out      ? "timeout"
           : w->told_ns != 0 ? "stopped"
                             : "exit",
           WIFEXITED(w->status) ? WEXITSTATUS(w->status) : -1,
           WIFSIGNALED(w->status) ? WTERMSIG(w->status) : 0, w->killed ? "true" : "false", ms,
           (long long)w->records, (long long)cpu_ns, (long long)w->group.peak_kib,
           w->usage.ru_nivcsw, w->usage.ru_nvcsw, w->group.n,
           (long long)(w->broker > 0 ? bench_process_cpu_ns(w->broker) - w->broker_base_ns : 0));
}

static bool
watch_option(watch *w, const char *name, const char *text)
{
    if (strcmp(name, "--until") == 0) {
        w->until = bench_number(name, text, 1, INT64_MAX);
    } else if (strcmp(name, "--for") == 0) {
        w->for_ms = bench_number(name, text, 1, INT32_MAX);
    } else if (strcmp(name, "--limit") == 0) {
        w->limit_ms = bench_number(name, text, 1, INT32_MAX);
    } else if (strcmp(name, "--every") == 0) {
        w->every_ms = bench_number(name, text, 1, 10000);
    } else if (strcmp(name, "--broker") == 0) {
        w->broker = (pid_t)bench_number(name, text, 1, INT32_MAX);
    } else {
        return false;
    }
    return true;
}

static bool
watch_parse(watch *w, int argc, char **argv)
{
    int i = 3;

    *w = (watch){.limit_ms = 300000, .every_ms = 10};
    if (argc < 5) {
        return false;
    }
    w->bootstrap = argv[1];
    w->topic = argv[2];
    while (i + 1 < argc && strcmp(argv[i], "--") != 0) {
        if (!watch_option(w, argv[i], argv[i + 1])) {
            return false;
        }
        i += 2;
    }
    w->command = argv + i + 1;
    return i + 1 < argc && strcmp(argv[i], "--") == 0;
}

int
main(int argc, char **argv)
{
    watch w;

    if (!watch_parse(&w, argc, argv)) {
        fprintf(stderr, "usage: " USAGE "\n");
        return 2;
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    bench_end_with_parent();
    watch_open(&w);
    watch_start(&w);
    watch_run(&w);
    watch_report(&w);
    rd_kafka_topic_partition_list_destroy(w.ends);
    rd_kafka_destroy(w.rk);
    return 0;
}
