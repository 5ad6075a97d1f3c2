/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Masks what looks like a secret, so that a capture can be shared: values of environment variables by the name's pattern,
 * passwords in arguments and URLs, Authorization and Cookie headers, private keys. Bytes are overwritten with '*' in place: no length
 * changes, so an event block stays what it is.
 *
 * Who calls it: the encoder of trace files, with the copy that goes to the file, and who writes records of containers.
 */
#ifndef PORTHOLE_REDACT_H
#define PORTHOLE_REDACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ph_event_info;

/* NUL-separated NAME=value items. All return how many places were masked. */
size_t ph_redact_env(uint8_t *items, size_t len);
/*
 * NUL-separated command line arguments: --password=x, --token x, -px of mysql, URLs, headers, keys. What short options mean depends
 * on the program, which is the first item or named among them (sudo mysql ..); ph_redact_command() is told it where the items begin
 * with argv[1], as in events and process lists.
 */
size_t ph_redact_args(uint8_t *items, size_t len);
size_t ph_redact_command(const char *exe, size_t exe_len, uint8_t *items, size_t len);
/*
 * Any text or data: URLs with passwords, headers, private keys, password=x of forms and JSON. It may be cut anywhere: what begins
 * like a secret is masked to the end. A secret whose name came in an earlier piece is not seen.
 */
size_t ph_redact_text(uint8_t *data, size_t len);
/* Whether the value of a variable, label or option of this name is a secret. */
bool ph_redact_is_secret(const char *name, size_t len);
/* The parameters of an event block (header, 16 or 32 bit length words, data) that has been checked. */
size_t ph_redact_event(uint8_t *block, const struct ph_event_info *info, bool large);

#endif
