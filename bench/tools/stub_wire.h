/* Kafka's wire format, read within bounds and written into a buffer. A reader that ran out of bytes
 * is broken and gives zeroes from then on; who reads looks once, at the end.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_STUB_WIRE_H
#define BENCH_STUB_WIRE_H
#include "record/buf.h"

typedef struct stub_reader {
    const uint8_t *at, *end;
    bool broken;
} stub_reader;

int8_t stub_get_i8(stub_reader *r);
int16_t stub_get_i16(stub_reader *r);
int32_t stub_get_i32(stub_reader *r);
int64_t stub_get_i64(stub_reader *r);
hr_span stub_get_string(stub_reader *r); /* int16 length; data NULL: null */
hr_span stub_get_bytes(stub_reader *r);  /* int32 length; data NULL: null */
/* Of an array: never more than there are bytes left. A null array has none. */
int32_t stub_get_count(stub_reader *r);

void stub_put_i8(hr_buf *out, int8_t value);
void stub_put_i16(hr_buf *out, int16_t value);
void stub_put_i32(hr_buf *out, int32_t value);
void stub_put_i64(hr_buf *out, int64_t value);
void stub_put_string(hr_buf *out, hr_span text); /* data NULL: null */
void stub_put_bytes(hr_buf *out, hr_span bytes);
void stub_put_raw(hr_buf *out, const void *bytes, size_t n);

/* Writes over what is there. */
void stub_set_i32(uint8_t *at, int32_t value);
void stub_set_i64(uint8_t *at, int64_t value);

#endif
