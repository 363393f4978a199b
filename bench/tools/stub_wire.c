/* SPDX-License-Identifier: Apache-2.0 */
#include "stub_wire.h"
#include "common.h"

static uint64_t
get(stub_reader *r, size_t n)
{
    uint64_t value = 0;

    if (r->broken || (size_t)(r->end - r->at) < n) {
        r->broken = true;
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        value = value << 8 | r->at[i];
    }
    r->at += n;
    return value;
}

int8_t
stub_get_i8(stub_reader *r)
{
    return (int8_t)get(r, 1);
}

int16_t
stub_get_i16(stub_reader *r)
{
    return (int16_t)get(r, 2);
}

int32_t
stub_get_i32(stub_reader *r)
{
    return (int32_t)get(r, 4);
}

int64_t
stub_get_i64(stub_reader *r)
{
    return (int64_t)get(r, 8);
}

static hr_span
get_span(stub_reader *r, int64_t len)
{
    hr_span span = {r->at, (size_t)len};

    if (len < 0 || r->broken) {
        return (hr_span){NULL, 0};
    }
    if (len > r->end - r->at) {
        r->broken = true;
        return (hr_span){NULL, 0};
    }
    r->at += len;
    return span;
}

hr_span
stub_get_string(stub_reader *r)
{
    return get_span(r, stub_get_i16(r));
}

hr_span
stub_get_bytes(stub_reader *r)
{
    return get_span(r, stub_get_i32(r));
}

int32_t
stub_get_count(stub_reader *r)
{
    int32_t n = stub_get_i32(r);

    if (n > r->end - r->at) {
        r->broken = true;
    }
    return r->broken || n < 0 ? 0 : n;
}

void
stub_put_raw(hr_buf *out, const void *bytes, size_t n)
{
    if (n > 0 && hr_buf_append(out, bytes, n) != HR_OK) {
        bench_fail("out of memory");
    }
}

static void
put(hr_buf *out, uint64_t value, size_t n)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < n; i++) {
        bytes[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
    }
    stub_put_raw(out, bytes, n);
}

void
stub_put_i8(hr_buf *out, int8_t value)
{
    put(out, (uint64_t)value, 1);
}

void
stub_put_i16(hr_buf *out, int16_t value)
{
    put(out, (uint64_t)value, 2);
}

void
stub_put_i32(hr_buf *out, int32_t value)
{
    put(out, (uint64_t)value, 4);
}

void
stub_put_i64(hr_buf *out, int64_t value)
{
    put(out, (uint64_t)value, 8);
}

void
stub_put_string(hr_buf *out, hr_span text)
{
    stub_put_i16(out, text.data != NULL ? (int16_t)text.len : -1);
    stub_put_raw(out, text.data, text.data != NULL ? text.len : 0);
}

void
stub_put_bytes(hr_buf *out, hr_span bytes)
{
    stub_put_i32(out, bytes.data != NULL ? (int32_t)bytes.len : -1);
    stub_put_raw(out, bytes.data, bytes.data != NULL ? bytes.len : 0);
}

void
stub_set_i32(uint8_t *at, int32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)((uint32_t)value >> (24 - 8 * i));
    }
}

void
stub_set_i64(uint8_t *at, int64_t value)
{
    stub_set_i32(at, (int32_t)(value >> 32));
    stub_set_i32(at + 4, (int32_t)value);
}
