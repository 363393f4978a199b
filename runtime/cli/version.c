/* headrace version: what this binary is made of, as a report of a defect wants it. Libraries are
 * asked at run time where they can tell, since what is loaded may not be what was compiled against.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/cli.h"
#include "kafka/kafka.h"
#include "mongo/client.h"

#include <curl/curl.h>
#include <jansson.h>
#include <microhttpd.h>
#include <protobuf-c/protobuf-c.h>
#include <stdio.h>
#include <uv.h>
#include <xxhash.h>
#include <yaml.h>

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

static void
version_line(const char *name, const char *version)
{
    printf("  %-13s %s\n", name, version);
}

static void
version_print(void)
{
    unsigned xxh = XXH_versionNumber(); /* 801 is 0.8.1 */
    char xxhash[32];

    snprintf(xxhash, sizeof xxhash, "%u.%u.%u", xxh / 10000, xxh / 100 % 100, xxh % 100);
    printf("headrace %s\n", HR_VERSION);
    version_line("librdkafka", hr_kafka_version());
    version_line("libmongoc", hr_mongo_version());
    version_line("libuv", uv_version_string());
    version_line("libyaml", yaml_get_version_string());
    version_line("avro-c", HR_AVRO_VERSION);
    version_line("jansson", jansson_version_str());
    version_line("protobuf-c", protobuf_c_version());
    version_line("libmicrohttpd", MHD_get_version());
    version_line("xxhash", xxhash);
    version_line("libcurl", curl_version_info(CURLVERSION_NOW)->version);
    version_line("compiler", COMPILER);
}

int
hr_cmd_version(int argc, char **argv)
{
    static const hr_arg table[] = {{0}};
    const hr_command command = {"version", "", "Prints the versions of headrace and its libraries.",
                                table,     0,  0};
    hr_arg_list none = {0};
    int rc = hr_args_parse(&command, argc, argv, &none);

    if (rc != 0) {
        return rc == 1 ? 0 : rc;
    }
    version_print();
    return 0;
}
