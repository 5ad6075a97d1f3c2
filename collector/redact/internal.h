/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of redact.h share: which names are secret, and the masking of text. Used by this folder alone. */
#ifndef PORTHOLE_REDACT_INTERNAL_H
#define PORTHOLE_REDACT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that are looked through. What is masked lies within them. */
struct rd_text {
	uint8_t *d;
	size_t n;
	size_t places; /* masked so far */
	bool cut; /* what follows may be missing: what could be the beginning of a secret is one */
};

/* Where a name stands, since a word alone ("key: 3") says less in running text than in an environment. */
enum rd_place { RD_NAME, RD_QUOTED, RD_BARE };

bool rd_secret(const uint8_t *name, size_t len, enum rd_place where);
/* A variable whose value may be user:password@host without a scheme in front. */
bool rd_is_address(const uint8_t *name, size_t len);

/* Letters, digits and _ - . are what names are made of. */
bool rd_name_char(uint8_t c);
bool rd_blank(uint8_t c);

/*
 * Overwrites [from, to) but for line ends and NULs, which keep what is around readable. An escape (backslash and a character)
 * is never cut in two, so that a JSON string stays one.
 */
void rd_mask(struct rd_text *t, size_t from, size_t to);
/* Masks what ph_redact_text() masks, in one pass. */
void rd_text(struct rd_text *t);
/* The same in the strings of JSON and nowhere else, and the values of keys that are secret. */
void rd_json(struct rd_text *t);

/* A part of t, looked through by itself; it is whole unless it is the end of something cut. */
static inline struct rd_text rd_part(struct rd_text *t, size_t from, size_t to)
{
	return (struct rd_text){ .d = t->d + from, .n = to - from };
}

#endif
