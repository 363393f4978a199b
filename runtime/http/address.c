/* SPDX-License-Identifier: Apache-2.0 */
#include "http/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>

/* Copies the host in lower case. Only what names and literals are made of. */
static bool
address_host(hr_span text, const char *also, hr_http_address *out)
{
    if (text.len == 0 || text.len > HR_HTTP_HOST_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        int c = text.data[i];

        if (c == '\0' || c >= 0x80 || (!isalnum(c) && strchr(also, c) == NULL)) {
            return false;
        }
        out->host[i] = (char)tolower(c);
    }
    out->host[text.len] = '\0';
    return true;
}

static bool
address_port(hr_span text, hr_http_address *out)
{
    unsigned port = 0;

    if (text.len == 0 || text.len > 5) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        port = port * 10 + (unsigned)(text.data[i] - '0');
    }
    out->port = (uint16_t)port;
    out->has_port = true;
    return port <= 65535;
}

static size_t
address_find(hr_span text, int c)
{
    const uint8_t *at = text.len > 0 ? memchr(text.data, c, text.len) : NULL;

    return at != NULL ? (size_t)(at - text.data) : text.len;
}

bool
hr_http_address_parse(hr_span text, hr_http_address *out)
{
    struct in6_addr six;
    struct in_addr four;
    size_t end;

    memset(out, 0, sizeof *out);
    if (text.len > 0 && text.data[0] == '[') {
        end = address_find(text, ']');
        if (end == text.len || !address_host((hr_span){text.data + 1, end - 1}, ":.", out) ||
            inet_pton(AF_INET6, out->host, &six) != 1) {
            return false;
        }
        out->is_ipv6 = true;
        end++;
    } else {
        end = address_find(text, ':');
        if (!address_host((hr_span){text.data, end}, "-._", out)) {
            return false;
        }
        out->is_ipv4 = inet_pton(AF_INET, out->host, &four) == 1;
    }
    if (end == text.len) {
        return true;
    }
    return text.data[end] == ':' &&
           address_port((hr_span){text.data + end + 1, text.len - end - 1}, out);
}

bool
hr_http_address_is_loopback(const hr_http_address *address)
{
    struct in6_addr six;

    if (address->is_ipv6) {
        return inet_pton(AF_INET6, address->host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
    }
    return address->is_ipv4 ? strncmp(address->host, "127.", 4) == 0
                            : strcmp(address->host, "localhost") == 0;
}

bool
hr_http_address_is_any(const hr_http_address *address)
{
    struct in6_addr six;

    if (address->is_ipv6) {
        return inet_pton(AF_INET6, address->host, &six) == 1 && IN6_IS_ADDR_UNSPECIFIED(&six);
    }
    return address->is_ipv4 && strcmp(address->host, "0.0.0.0") == 0;
}

bool
hr_http_address_same_host(const hr_http_address *a, const hr_http_address *b)
{
    struct in6_addr six_a, six_b;

    if (a->is_ipv6 && b->is_ipv6) {
        return inet_pton(AF_INET6, a->host, &six_a) == 1 &&
               inet_pton(AF_INET6, b->host, &six_b) == 1 &&
               memcmp(&six_a, &six_b, sizeof six_a) == 0;
    }
    return a->is_ipv6 == b->is_ipv6 && strcmp(a->host, b->host) == 0;
}
