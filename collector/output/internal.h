/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled format, as its compiler and the makers of lines share it; nobody else includes it. */
#ifndef PORTHOLE_OUTPUT_INTERNAL_H
#define PORTHOLE_OUTPUT_INTERNAL_H

#include "collector/output/output.h"

struct token {
	struct ph_expr *expr; /* NULL: literal */
	size_t at, len; /* literal: in the text of all literals; field: in the format's text */
	uint32_t width; /* 0: as long as it is */
	uint8_t fmt;
};

/* A field of the JSON object. */
struct member {
	const struct token *token;
	char *key; /* with quotes and colon; owned */
	size_t key_len;
	size_t rest; /* bytes that must be left for what follows it, however long its own text is */
	bool time; /* always the event's time as a number */
};

struct ph_format {
	struct token *tokens;
	size_t count;
	char *text; /* the format as written */
	char *literals;
	size_t literals_len;
	bool keep; /* lines with missing fields */
	struct ph_slots slots;
	struct member *members; /* in the order of their names */
	size_t nmembers;
};

/* json.c. After the tokens: makes the members; 0 or -ENOMEM. */
int format_json_prepare(struct ph_format *f);
void format_json_free(struct ph_format *f);

#endif
