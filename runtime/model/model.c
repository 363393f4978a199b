/* From bytes to a model: scan, parse, check, compile, score the golden rows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model/compile.h"
#include "model/golden.h"
#include "model/limits.h"
#include "model/metadata.h"
#include "model/scratch.h"
#include "model/wire_scan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

/* protobuf-c allocates for each element before anyone can look at it; a file of two-byte fields
 * would grow some forty times. So what it may take is bounded by what real files take (5 times). */
typedef struct model_heap {
    size_t used, max;
} model_heap;

typedef struct model_chunk {
    size_t bytes;
    _Alignas(16) uint8_t body[];
} model_chunk;

static void *
model_heap_alloc(void *data, size_t bytes)
{
    model_heap *heap = data;
    model_chunk *chunk;

    if (bytes > heap->max - heap->used) {
        return NULL;
    }
    chunk = malloc(sizeof(*chunk) + bytes);
    if (chunk == NULL) {
        return NULL;
    }
    chunk->bytes = bytes;
    heap->used += bytes;
    return chunk->body;
}

static void
model_heap_free(void *data, void *body)
{
    model_heap *heap = data;
    model_chunk *chunk;

    if (body != NULL) {
        chunk = (model_chunk *)((uint8_t *)body - offsetof(model_chunk, body));
        heap->used -= chunk->bytes;
        free(chunk);
    }
}

static void
model_identify(hr_model *m, const uint8_t *bytes, size_t n)
{
    XXH128_hash_t hash = XXH3_128bits(bytes, n);

    snprintf(m->version, sizeof(m->version), "%08x%04x", (unsigned)(hash.high64 >> 32),
             (unsigned)(hash.high64 >> 16 & 0xffff));
    m->seed = hash.low64;
}

static int
model_compile_proto(hr_model *m, const HrOnnx__Model *proto, const hr_model_limits *limits,
                    hr_error *err)
{
    hr_build b = {.model = m, .arena = m->arena, .limits = *limits, .err = err};
    int rc;

    b.temp = hr_arena_create((size_t)64 << 10, 0);
    b.graph = hr_arena_create((size_t)64 << 10, 0);
    rc = b.temp != NULL && b.graph != NULL ? hr_compile_graph(&b, proto) : hr_build_oom(&b);
    if (rc == HR_OK) {
        rc = hr_metadata_read(&b, proto);
    }
    hr_arena_destroy(b.temp);
    hr_arena_destroy(b.graph);
    return rc;
}

static int
model_parse_proto(hr_model *m, const uint8_t *bytes, size_t n, const hr_model_limits *limits,
                  hr_error *err)
{
    model_heap heap = {0, 8 * n + ((size_t)16 << 20)};
    ProtobufCAllocator allocator = {model_heap_alloc, model_heap_free, &heap};
    HrOnnx__Model *proto = hr_onnx__model__unpack(&allocator, n, bytes);
    int rc;

    if (proto == NULL) {
        return hr_fail_as(
            err, HR_NO_LOC, "bad-model",
            "the model file is not valid protobuf, or needs more than %zu bytes to read", heap.max);
    }
    rc = model_compile_proto(m, proto, limits, err);
    hr_onnx__model__free_unpacked(proto, &allocator);
    return rc;
}

int
hr_model_compile(const uint8_t *bytes, size_t n, const hr_model_limits *limits, hr_model **out,
                 hr_error *err)
{
    hr_model_limits resolved = hr_model_limits_resolve(limits);
    hr_model *m;
    int rc = hr_wire_scan(bytes, n, &resolved, err);

    if (rc != HR_OK) {
        return rc;
    }
    m = calloc(1, sizeof(*m));
    if (m == NULL) {
        return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    }
    atomic_init(&m->refs, 1);
    model_identify(m, bytes, n);
    m->arena = hr_arena_create((size_t)64 << 10, 0);
    rc = m->arena != NULL ? model_parse_proto(m, bytes, n, &resolved, err)
                          : hr_fail(err, HR_ENOMEM, HR_NO_LOC, "out of memory");
    if (rc != HR_OK) {
        hr_model_unref(m);
        return rc;
    }
    hr_scratch_measure(m);
    m->bytes = hr_arena_used(m->arena);
    *out = m;
    return HR_OK;
}

int
hr_model_golden_check(const hr_model *model, size_t *rows, hr_error *err)
{
    return hr_golden_check(model, hr_model_metadata(model, "headrace.golden"), rows, err);
}

int
hr_model_parse(const uint8_t *bytes, size_t n, const hr_model_limits *limits, hr_model **out,
               hr_error *err)
{
    hr_model *m = NULL;
    int rc = hr_model_compile(bytes, n, limits, &m, err);

    if (rc != HR_OK) {
        return rc;
    }
    rc = hr_model_golden_check(m, NULL, err);
    if (rc != HR_OK) {
        hr_model_unref(m);
        return rc;
    }
    *out = m;
    return HR_OK;
}

/* The whole file in a block of its own size; one byte more than the limit shows that it is larger.
 */
static int
model_read_file(FILE *file, const char *path, size_t limit, uint8_t **bytes, size_t *n,
                hr_error *err)
{
    size_t cap = 0, len = 0;
    uint8_t *data = NULL;

    for (;;) {
        size_t more;
        uint8_t *grown;

        if (len == cap) {
            cap = cap > 0 ? cap * 2 : (size_t)256 << 10;
            cap = cap > limit + 1 ? limit + 1 : cap;
            grown = realloc(data, cap);
            if (grown == NULL) {
                free(data);
                return hr_fail(err, HR_ENOMEM, HR_NO_LOC, "%s: out of memory", path);
            }
            data = grown;
        }
        more = fread(data + len, 1, cap - len, file);
        len += more;
        if (more == 0 || len > limit) {
            break;
        }
    }
    if (ferror(file) || len > limit) {
        free(data);
        return ferror(file) ? hr_fail(err, HR_EIO, HR_NO_LOC, "%s: cannot be read", path)
                            : hr_fail_as(err, HR_NO_LOC, "bad-model",
                                         "%s: larger than the limit of %zu bytes", path, limit);
    }
    *bytes = data;
    *n = len;
    return HR_OK;
}

/* Puts the path before the text of an error. */
static int
model_name_file(hr_error *err, const char *path, int rc)
{
    hr_error inner;

    if (err == NULL || rc == HR_OK || rc == HR_ENOMEM) {
        return rc;
    }
    inner = *err;
    hr_fail_as(err, HR_NO_LOC, inner.slug, "%.120s: %.270s", path, inner.msg);
    err->code = inner.code;
    return rc;
}

int
hr_model_load(const char *path, const hr_model_limits *limits, hr_model **out, hr_error *err)
{
    hr_model_limits resolved = hr_model_limits_resolve(limits);
    uint8_t *bytes = NULL;
    size_t n = 0;
    FILE *file = fopen(path, "rb");
    int rc;

    if (file == NULL) {
        return hr_fail(err, HR_EIO, HR_NO_LOC, "%s: %s", path, strerror(errno));
    }
    rc = model_read_file(file, path, resolved.file_bytes, &bytes, &n, err);
    fclose(file);
    if (rc != HR_OK) {
        return rc;
    }
    rc = model_name_file(err, path, hr_model_parse(bytes, n, limits, out, err));
    free(bytes);
    return rc;
}

hr_model *
hr_model_ref(hr_model *model)
{
    atomic_fetch_add_explicit(&model->refs, 1, memory_order_relaxed);
    return model;
}

void
hr_model_unref(hr_model *model)
{
    if (model != NULL && atomic_fetch_sub_explicit(&model->refs, 1, memory_order_acq_rel) == 1) {
        hr_arena_destroy(model->arena);
        free(model);
    }
}
