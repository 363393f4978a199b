/* SPDX-License-Identifier: Apache-2.0 */
#include "live/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ENTER "\x1b[?1049h\x1b[?25l\x1b[?7l"
#define LEAVE "\x1b[?7h\x1b[?25h\x1b[?1049l"

static struct {
    struct termios before;
    bool has_before, open;
    volatile sig_atomic_t stop, resized, suspend;
} terminal;

static void
terminal_on_signal(int number)
{
    if (number == SIGWINCH) {
        terminal.resized = 1;
    } else if (number == SIGTSTP) {
        terminal.suspend = 1;
    } else {
        terminal.stop = 1;
    }
}

static bool
terminal_write(const void *bytes, size_t n)
{
    const char *at = bytes;

    while (n > 0) {
        ssize_t done = write(STDOUT_FILENO, at, n);

        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return false;
        }
        at += done;
        n -= (size_t)done;
    }
    return true;
}

static void
terminal_take(void)
{
    terminal.has_before = tcgetattr(STDIN_FILENO, &terminal.before) == 0;
    if (terminal.has_before) {
        struct termios raw = terminal.before;

        raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO); /* signals stay: Ctrl-C is SIGINT */
        raw.c_cc[VMIN] = 0;
        raw.c_cc[VTIME] = 0;
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    terminal.open = terminal_write(ENTER, sizeof ENTER - 1);
}

void
hr_terminal_open(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP};
    struct sigaction action = {.sa_handler = terminal_on_signal}; /* no SA_RESTART: poll() ends */

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        sigaction(signals[i], &action, NULL);
    }
    terminal_take();
}

void
hr_terminal_close(void)
{
    if (terminal.open) {
        terminal_write(LEAVE, sizeof LEAVE - 1);
        terminal.open = false;
    }
    if (terminal.has_before) {
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal.before);
        terminal.has_before = false;
    }
}

bool
hr_terminal_stopped(void)
{
    return terminal.stop != 0;
}

void
hr_terminal_size(size_t *columns, size_t *rows)
{
    struct winsize size = {0};
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;

    *columns = known ? size.ws_col : 80;
    *rows = known ? size.ws_row : 24;
}

static void
terminal_suspend(void)
{
    terminal.suspend = 0;
    hr_terminal_close();
    raise(SIGSTOP); /* until SIGCONT */
    terminal_take();
}

/* One key press; an arrow key comes as three bytes. Reading does not wait. */
static hr_key
terminal_key(void)
{
    char bytes[3] = {0};

    if (read(STDIN_FILENO, bytes, 1) != 1) {
        return HR_KEY_QUIT; /* there was something to read, and it was the end */
    }
    if (bytes[0] == '\x1b' && read(STDIN_FILENO, bytes + 1, 1) == 1 &&
        (bytes[1] == '[' || bytes[1] == 'O') && read(STDIN_FILENO, bytes + 2, 1) == 1) {
        return bytes[2] == 'A' ? HR_KEY_UP : bytes[2] == 'B' ? HR_KEY_DOWN : HR_KEY_NONE;
    }
    switch (bytes[0]) {
    case 'q':
    case 'Q':
    case '\x04': /* Ctrl-D */
        return HR_KEY_QUIT;
    case 'k':
        return HR_KEY_UP;
    case 'j':
        return HR_KEY_DOWN;
    default:
        return HR_KEY_NONE;
    }
}

hr_key
hr_terminal_wait(int wait_ms)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    int n = 0;

    if (!terminal.stop && !terminal.resized && !terminal.suspend) {
        n = poll(&in, terminal.has_before ? 1 : 0, wait_ms);
    }
    if (terminal.suspend) {
        terminal_suspend();
        return HR_KEY_RESIZED;
    }
    if (terminal.stop) {
        return HR_KEY_QUIT;
    }
    if (terminal.resized) {
        terminal.resized = 0;
        return HR_KEY_RESIZED;
    }
    return n > 0 ? terminal_key() : HR_KEY_NONE;
}

/* The start of line number n, or the end of the text. */
static const char *
terminal_line(hr_span text, size_t n)
{
    const char *at = (const char *)text.data, *end = at + text.len;

    for (; n > 0 && at < end; n--) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));

        at = newline != NULL ? newline + 1 : end;
    }
    return at;
}

static void
terminal_compose(hr_buf *out, const hr_lines *lines, size_t first, size_t shown)
{
    hr_span text = hr_buf_span(&lines->buf);

    hr_buf_append(out, "\x1b[H", 3);
    for (size_t i = 0; i < shown; i++) {
        const char *line = terminal_line(text, first + i);
        const char *next = terminal_line(text, first + i + 1);
        size_t len = (size_t)(next - line);

        len -= len > 0 && line[len - 1] == '\n' ? 1 : 0;
        hr_buf_append(out, "\n", i > 0 ? 1 : 0);
        hr_buf_append(out, line, len);
        hr_buf_append(out, "\x1b[K", 3);
    }
}

bool
hr_terminal_draw(const hr_lines *lines, size_t first)
{
    hr_buf out = {0};
    size_t columns, rows, rest = lines->rows > first ? lines->rows - first : 0;
    char more[80];
    bool ok;

    hr_terminal_size(&columns, &rows);
    if (rest <= rows) {
        terminal_compose(&out, lines, first, rest);
    } else {
        size_t hidden = rest - (rows - 1);

        terminal_compose(&out, lines, first, rows - 1);
        snprintf(more, sizeof more, "\n\x1b[2m%zu more line%s: j, k or arrows\x1b[0m\x1b[K", hidden,
                 hidden == 1 ? "" : "s");
        hr_buf_append(&out, more, strlen(more));
    }
    hr_buf_append(&out, "\x1b[J", 3);
    ok = terminal_write(out.data, out.len);
    hr_buf_finish(&out);
    return ok;
}
