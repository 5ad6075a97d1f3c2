/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text built into a buffer of fixed size: what does not fit is cut, nothing is allocated, no NUL is written. Used wherever
 * text is made on an event's way: field extraction, parameter rendering, output lines.
 */
#ifndef PORTHOLE_TEXT_H
#define PORTHOLE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ph_text {
	char *buf;
	size_t len, cap;
	bool utf8; /* who reads it understands UTF-8 */
};

static inline void ph_text_put(struct ph_text *t, const char *s, size_t n)
{
	if (n > t->cap - t->len)
		n = t->cap - t->len;
	memcpy(t->buf + t->len, s, n);
	t->len += n;
}

static inline void ph_text_str(struct ph_text *t, const char *s)
{
	ph_text_put(t, s, strlen(s));
}

static inline void ph_text_char(struct ph_text *t, char c)
{
	if (t->len < t->cap)
		t->buf[t->len++] = c;
}

static inline void ph_text_fill(struct ph_text *t, char c, size_t n)
{
	if (n > t->cap - t->len)
		n = t->cap - t->len;
	memset(t->buf + t->len, c, n);
	t->len += n;
}

/* At least `width` digits, zeros in front; width at most 20. */
static inline void ph_text_uint_pad(struct ph_text *t, uint64_t v, unsigned width)
{
	char d[20];
	unsigned at = sizeof d;

	do {
		d[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	while (sizeof d - at < width && at > 0)
		d[--at] = '0';
	ph_text_put(t, d + at, sizeof d - at);
}

static inline void ph_text_uint(struct ph_text *t, uint64_t v)
{
	ph_text_uint_pad(t, v, 1);
}

static inline void ph_text_int(struct ph_text *t, int64_t v)
{
	if (v < 0)
		ph_text_char(t, '-');
	ph_text_uint(t, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

/* Digits of a power of two: shift 4 is hexadecimal, 3 octal. `digits` names them. */
static inline void ph_text_shift(struct ph_text *t, uint64_t v, unsigned shift, const char *digits)
{
	char d[24];
	unsigned at = sizeof d;

	do {
		d[--at] = digits[v & ((1u << shift) - 1)];
		v >>= shift;
	} while (v);
	ph_text_put(t, d + at, sizeof d - at);
}

static inline void ph_text_hex_upper(struct ph_text *t, uint64_t v)
{
	ph_text_shift(t, v, 4, "0123456789ABCDEF");
}

static inline void ph_text_hex(struct ph_text *t, uint64_t v)
{
	ph_text_shift(t, v, 4, "0123456789abcdef");
}

static inline void ph_text_oct(struct ph_text *t, uint64_t v)
{
	ph_text_shift(t, v, 3, "01234567");
}

#define PH_UTF8_INVALID UINT32_MAX

/* Reads a character of at most n bytes, n > 0; returns its length. What is no UTF-8 is PH_UTF8_INVALID, of length 1. */
size_t ph_utf8_char(const uint8_t *s, size_t n, uint32_t *ch);
/* Whether a character may go to a terminal; false for PH_UTF8_INVALID. */
bool ph_utf8_printable(uint32_t ch);
void ph_text_clean_utf8(struct ph_text *t, const char *s, size_t n);

/* Bytes: what is no printable ASCII becomes '.'. */
static inline void ph_text_ascii(struct ph_text *t, const char *s, size_t n)
{
	char *to = t->buf + t->len;

	if (n > t->cap - t->len)
		n = t->cap - t->len;
	for (size_t i = 0; i < n; i++)
		to[i] = s[i] < 0x20 || s[i] > 0x7e ? '.' : s[i];
	t->len += n;
}

/* Text of a process: what could drive a terminal becomes '.', and so does what is not ASCII, unless t->utf8. */
static inline void ph_text_clean(struct ph_text *t, const char *s, size_t n)
{
	if (t->utf8)
		ph_text_clean_utf8(t, s, n);
	else
		ph_text_ascii(t, s, n);
}

/* a.b.c.d, or the usual short form of IPv6; addr in network order, len 4 or 16. */
void ph_text_ip(struct ph_text *t, const uint8_t *addr, size_t len);

#endif
