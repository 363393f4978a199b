/* Addresses as people, Host and Origin headers write them: host, host:port, [::1]:port.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_HTTP_ADDRESS_H
#define HR_HTTP_ADDRESS_H
#include "config/error.h"
#include "record/span.h"

#define HR_HTTP_HOST_MAX 253

typedef struct hr_http_address {
    char host[HR_HTTP_HOST_MAX + 1]; /* lower case, without brackets */
    uint16_t port;
    bool has_port;
    bool is_ipv4, is_ipv6; /* a literal; else a name */
} hr_http_address;

/* false: not an address. thread: any */
bool hr_http_address_parse(hr_span text, hr_http_address *out);

/* True for what can only be this machine: 127.0.0.0/8, ::1, localhost. */
bool hr_http_address_is_loopback(const hr_http_address *address);

/* True for 0.0.0.0 and ::, which stand for all addresses of the machine. */
bool hr_http_address_is_any(const hr_http_address *address);

bool hr_http_address_same_host(const hr_http_address *a, const hr_http_address *b);

#endif
