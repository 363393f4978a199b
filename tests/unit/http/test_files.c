/* Files over HTTP, and what must not be had.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700 /* nftw() */
#include "http_rig.h"
#include "http/files.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct site {
    char folder[64];
    hr_http_files *files;
    http_rig *rig;
} site;

static void
site_write(const site *s, const char *name, const char *text)
{
    char path[256];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void
site_mkdir(const site *s, const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void
site_link(const site *s, const char *to, const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    assert_int_equal(symlink(to, path), 0);
}

static void
site_handle(void *ctx, hr_http_request *request)
{
    const site *s = ctx;

    hr_http_files_answer(s->files, request, hr_http_path_param(request, "*"));
}

static int
site_setup(void **state)
{
    site *s = calloc(1, sizeof *s);
    hr_error err = {0};
    char web[128];

    snprintf(s->folder, sizeof s->folder, "/tmp/hr_files_XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    site_write(s, "secret.txt", "secret");
    site_mkdir(s, "web");
    site_mkdir(s, "web/sub dir");
    site_mkdir(s, "web/.hidden");
    site_write(s, "web/index.html", "<p>index");
    site_write(s, "web/page.mjs", "let a;");
    site_write(s, "web/data.bin", "");
    site_write(s, "web/sub dir/index.html", "<p>sub");
    site_write(s, "web/.hidden/a.txt", "hidden");
    site_write(s, "web/.dot.txt", "hidden");
    site_link(s, "../secret.txt", "web/link.txt");
    site_link(s, "page.mjs", "web/inside.mjs");
    site_link(s, "..", "web/up");
    snprintf(web, sizeof web, "%s/web", s->folder);
    assert_int_equal(hr_http_files_open(web, &s->files, &err), HR_OK);
    s->rig = rig_create("127.0.0.1:0", NULL);
    rig_route(s->rig, "GET", "/*", site_handle, s);
    rig_start(s->rig);
    *state = s;
    return 0;
}

static int
site_remove(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static int
site_teardown(void **state)
{
    site *s = *state;

    rig_destroy(s->rig);
    hr_http_files_close(s->files);
    nftw(s->folder, site_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(s);
    return 0;
}

static int
get(site *s, const char *path, const char *header)
{
    char text[1024];

    snprintf(text, sizeof text, "GET %s HTTP/1.1\nHost: @\n%s\n", path, header);
    return rig_ask(s->rig, text);
}

static void
files_come_with_their_types(void **state)
{
    site *s = *state;
    http_answer *answer = &s->rig->answer;

    assert_int_equal(get(s, "/", ""), 200);
    assert_string_equal(answer->body, "<p>index");
    assert_string_equal(http_answer_header(answer, "Content-Type"), "text/html; charset=utf-8");
    assert_string_equal(http_answer_header(answer, "Cache-Control"), "no-cache");
    assert_has_text(http_answer_header(answer, "Content-Security-Policy"), "default-src 'none'");
    assert_int_equal(get(s, "/page.mjs", ""), 200);
    assert_string_equal(http_answer_header(answer, "Content-Type"),
                        "text/javascript; charset=utf-8");
    assert_int_equal(get(s, "/data.bin", ""), 200);
    assert_int_equal(answer->body_len, 0);
    assert_string_equal(http_answer_header(answer, "Content-Type"), "application/octet-stream");
    assert_int_equal(get(s, "/sub%20dir/", ""), 200);
    assert_string_equal(answer->body, "<p>sub");
    assert_string_equal(hr_http_files_type("a.JSON"), "application/json");
    assert_int_equal(rig_ask(s->rig, "HEAD /page.mjs HTTP/1.1\nHost: @\n\n"), 200);
    assert_string_equal(http_answer_header(answer, "Content-Length"), "6");
}

static void
a_folder_without_its_slash_sends_there(void **state)
{
    site *s = *state;

    assert_int_equal(get(s, "/sub%20dir", ""), 308);
    assert_string_equal(http_answer_header(&s->rig->answer, "Location"), "./sub%20dir/");
}

static void
nothing_outside_or_hidden_is_served(void **state)
{
    static const char *const paths[] = {
        "/link.txt",
        "/inside.mjs",
        "/up/secret.txt",
        "/up/web/page.mjs",
        "/up",
        "/up/",
        "/.dot.txt",
        "/.hidden/a.txt",
        "/.hidden/",
        "//page.mjs",
        "/%2e%2e%2fsecret.txt",
        "/sub%20dir/../page.mjs",
        "/..%2fsecret.txt",
        "/%2ftmp/x",
        "/no.html",
        "/page.mjs/",
        "/page.mjs/x",
        "/no/",
    };
    site *s = *state;

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        int status = get(s, paths[i], "");

        if (status != 404 && status != 400) {
            fail_msg("%s: %d %s", paths[i], status, s->rig->answer.body);
        }
    }
}

static void
what_is_no_file_is_not_served(void **state)
{
    site *s = *state;
    char path[128];

    snprintf(path, sizeof path, "%s/web/pipe.txt", s->folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(get(s, "/pipe.txt", ""), 404);
    snprintf(path, sizeof path, "%s/web/large.txt", s->folder);
    site_write(s, "web/large.txt", "");
    assert_int_equal(truncate(path, (off_t)HR_HTTP_FILE_BYTES_MAX + 1), 0);
    assert_int_equal(get(s, "/large.txt", ""), 404);
}

static void
a_client_that_has_the_file_is_told_so(void **state)
{
    site *s = *state;
    char header[256], etag[128];

    assert_int_equal(get(s, "/page.mjs", ""), 200);
    snprintf(etag, sizeof etag, "%s", http_answer_header(&s->rig->answer, "ETag"));
    assert_int_equal(etag[0], '"');
    snprintf(header, sizeof header, "If-None-Match: \"x\", W/%s\n", etag);
    assert_int_equal(get(s, "/page.mjs", header), 304);
    assert_string_equal(http_answer_header(&s->rig->answer, "ETag"), etag);
    assert_int_equal(get(s, "/page.mjs", "If-None-Match: *\n"), 304);
    assert_int_equal(get(s, "/page.mjs", "If-None-Match: \"x\"\n"), 200);
    site_write(s, "web/page.mjs", "let changed;");
    assert_int_equal(get(s, "/page.mjs", header), 200);
    assert_string_equal(s->rig->answer.body, "let changed;");
}

static void
a_folder_that_is_not_there_is_an_error(void **state)
{
    hr_http_files *files;
    hr_error err = {0};

    (void)state;
    assert_int_equal(hr_http_files_open("/no/such/folder", &files, &err), HR_ECONFIG);
    assert_has_text(err.msg, "/no/such/folder");
    assert_null(files);
    hr_http_files_close(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_come_with_their_types, site_setup, site_teardown),
        cmocka_unit_test_setup_teardown(a_folder_without_its_slash_sends_there, site_setup,
                                        site_teardown),
        cmocka_unit_test_setup_teardown(nothing_outside_or_hidden_is_served, site_setup,
                                        site_teardown),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_not_served, site_setup, site_teardown),
        cmocka_unit_test_setup_teardown(a_client_that_has_the_file_is_told_so, site_setup,
                                        site_teardown),
        cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
