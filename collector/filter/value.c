/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a filter's text, read once into the type of the field that they are compared with. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include "collector/filter/internal.h"

static bool digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit durations[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000ull },
	{ "m", 60000000000ull },
	{ "h", 3600000000000ull },
	{ NULL, 0 },
};

static const struct unit sizes[] = {
	{ "B", 1 },
	{ "kB", 1000 },
	{ "KB", 1000 },
	{ "MB", 1000000 },
	{ "GB", 1000000000 },
	{ "TB", 1000000000000ull },
	{ "KiB", 1ull << 10 },
	{ "MiB", 1ull << 20 },
	{ "GiB", 1ull << 30 },
	{ "TiB", 1ull << 40 },
	{ NULL, 0 },
};

/* digits[.digits]unit; false when it is none or too large. */
static bool amount(const char *s, size_t len, const struct unit *units, uint64_t *out)
{
	uint64_t whole = 0, factor = 0;
	double fraction = 0, scale = 1;
	size_t i = 0, start;

	for (; i < len && digit(s[i]); i++)
		if (__builtin_mul_overflow(whole, 10u, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(s[i] - '0'), &whole))
			return false;
	if (i == 0)
		return false;
	if (i < len && s[i] == '.') {
		start = ++i;
		for (; i < len && digit(s[i]); i++)
			fraction += (double)(s[i] - '0') * (scale /= 10);
		if (i == start)
			return false;
	}
	for (const struct unit *u = units; u->name && !factor; u++)
		if (strlen(u->name) == len - i && memcmp(u->name, s + i, len - i) == 0)
			factor = u->factor;
	if (!factor || __builtin_mul_overflow(whole, factor, &whole))
		return false;
	return !__builtin_add_overflow(whole, (uint64_t)(fraction * (double)factor + 0.5), out);
}

static const struct unit *units_of(const struct node *check)
{
	const struct ph_field *f = check->lhs->slot ? check->lhs->slot->ref.field : NULL;

	if (check->lhs->type == PH_PT_RELTIME || check->lhs->type == PH_PT_ABSTIME)
		return durations;
	return f && (f->flags & (PH_FF_BYTES | PH_FF_KIB)) ? sizes : NULL;
}

/* Width in bits of an integer type as filters take it. */
static unsigned width(unsigned type)
{
	unsigned size = ph_param_type_size(type);

	return size == 0 || size > 8 ? 64 : size * 8;
}

static int integer(struct node *check, struct constant *k, const char *s, size_t len, struct ph_parse_error *err)
{
	const struct unit *units = units_of(check);
	bool is_signed = check->lhs->kind == PH_V_INT, negative;
	unsigned bits = width(check->lhs->type);
	uint64_t v = 0, max = bits == 64 ? UINT64_MAX : (1ull << bits) - 1;
	size_t i;

	negative = len > 0 && s[0] == '-';
	i = len > 0 && (s[0] == '-' || s[0] == '+');
	if (i == len)
		goto bad;
	for (; i < len && digit(s[i]); i++)
		if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(s[i] - '0'), &v))
			return filter_fail(err, k->pos, "%.*s is not a valid number: too large",
					   (int)(len > 80 ? 80 : len), s);
	if (i < len) {
		if (!units || negative || !amount(s, len, units, &v))
			goto bad;
		if (check->lhs->slot && (check->lhs->slot->ref.field->flags & PH_FF_KIB))
			v /= 1024;
	}
	if (is_signed)
		max = (max >> 1) + negative;
	if (v > max || (negative && !is_signed && v != 0))
		return filter_fail(err, k->pos, "%.*s is not a valid number: out of range", (int)(len > 80 ? 80 : len),
				   s);
	k->v.u = negative ? 0 - v : v;
	return 0;
bad:
	if (units == durations)
		return filter_fail(err, k->pos,
				   "%.*s is not a valid number; a duration is ns, or has a unit: ns us ms s m h",
				   (int)(len > 80 ? 80 : len), s);
	if (units)
		return filter_fail(err, k->pos,
				   "%.*s is not a valid number; units are B kB MB GB TB and KiB MiB GiB TiB",
				   (int)(len > 80 ? 80 : len), s);
	return filter_fail(err, k->pos, "%.*s is not a valid number", (int)(len > 80 ? 80 : len), s);
}

static int port(struct constant *k, const char *s, size_t len, struct ph_parse_error *err)
{
	static const char *const protocols[] = { "tcp", "udp" };
	struct servent ent, *found = NULL;
	char buf[2048];

	k->v.u = 0;
	if (len > 0 && digit(s[0])) {
		for (size_t i = 0; i < len; i++) {
			if (!digit(s[i]) || (k->v.u = k->v.u * 10 + (uint64_t)(s[i] - '0')) > 65535)
				return filter_fail(err, k->pos, "%.*s is not a valid port", (int)(len > 80 ? 80 : len),
						   s);
		}
		return 0;
	}
	for (size_t i = 0; i < 2 && !found && len > 0; i++)
		getservbyname_r(s, protocols[i], &ent, buf, sizeof buf, &found);
	if (!found && len > 0)
		return filter_fail(err, k->pos, "unrecognized protocol %.*s", (int)(len > 80 ? 80 : len), s);
	k->v.u = found ? ntohs((uint16_t)found->s_port) : 0;
	return 0;
}

static int take_address(struct constant *k, const char *s, size_t len)
{
	uint8_t *addr = malloc(16);

	k->owned = (char *)addr;
	if (!addr)
		return -ENOMEM;
	k->v.s = k->owned;
	k->v.len = memchr(s, '.', len) && !memchr(s, ':', len) ? 4 : 16;
	return inet_pton(k->v.len == 4 ? AF_INET : AF_INET6, s, addr) == 1 ? 0 : -EINVAL;
}

static int address(struct constant *k, const char *s, size_t len, struct ph_parse_error *err)
{
	if (take_address(k, s, len))
		return filter_fail(err, k->pos, "unrecognized IPv4/IPv6 address %.*s", (int)(len > 80 ? 80 : len), s);
	return 0;
}

static int network(struct constant *k, const char *s, size_t len, struct ph_parse_error *err)
{
	const char *slash = memchr(s, '/', len);
	char addr[64];
	unsigned bits = 0;

	if (!slash || slash == s || (size_t)(slash - s) >= sizeof addr)
		return filter_fail(err, k->pos, "unrecognized IP network %.*s; expected address/bits",
				   (int)(len > 80 ? 80 : len), s);
	memcpy(addr, s, (size_t)(slash - s));
	addr[slash - s] = '\0';
	if (take_address(k, addr, (size_t)(slash - s)))
		return filter_fail(err, k->pos, "unrecognized IP network %.*s", (int)(len > 80 ? 80 : len), s);
	for (const char *d = slash + 1; d < s + len || d == slash + 1; d++) {
		if (!digit(*d) || (bits = bits * 10 + (unsigned)(*d - '0')) > k->v.len * 8)
			return filter_fail(err, k->pos, "invalid netmask %.*s", (int)(len > 80 ? 80 : len), s);
	}
	k->prefix = (uint8_t)bits;
	return 0;
}

static int boolean(struct constant *k, const char *s, size_t len, struct ph_parse_error *err)
{
	k->v.b = len == 4 && memcmp(s, "true", 4) == 0;
	if (!k->v.b && !(len == 5 && memcmp(s, "false", 5) == 0))
		return filter_fail(err, k->pos, "unrecognized boolean value %.*s; expected true or false",
				   (int)(len > 80 ? 80 : len), s);
	return 0;
}

static int number(struct constant *k, const char *s, size_t len, struct ph_parse_error *err)
{
	char *end;

	k->v.d = strtod(s, &end);
	if (len == 0 || *end || !(digit(s[0]) || s[0] == '-' || s[0] == '+' || s[0] == '.'))
		return filter_fail(err, k->pos, "%.*s is not a valid number", (int)(len > 80 ? 80 : len), s);
	return 0;
}

static int nibble(char ch)
{
	if (digit(ch))
		return ch - '0';
	ch = (char)(ch | 0x20);
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

static int hex_bytes(struct constant *k, const char *s, size_t len, struct ph_parse_error *err)
{
	if (len == 0 || len % 2)
		return filter_fail(err, k->pos, "expected pairs of hexadecimal digits");
	for (size_t i = 0; i < len; i += 2) {
		int hi = nibble(s[i]), lo = nibble(s[i + 1]);

		if (hi < 0 || lo < 0)
			return filter_fail(err, k->pos, "expected hexadecimal digits");
		k->owned[i / 2] = (char)(hi << 4 | lo);
	}
	k->v.len = (uint32_t)(len / 2);
	return 0;
}

static int regex(struct ph_filter *f, struct constant *k, struct ph_parse_error *err)
{
	int code;
	size_t at;
	PCRE2_UCHAR why[128];

	k->regex = pcre2_compile((PCRE2_SPTR)k->v.s, k->v.len,
				 PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_BACKSLASH_C, &code, &at, NULL);
	if (!k->regex) {
		pcre2_get_error_message(code, why, sizeof why);
		return filter_fail(err, k->pos, "invalid regular expression: %s at its character %zu",
				   (const char *)why, at + 1);
	}
	pcre2_jit_compile(k->regex, PCRE2_JIT_COMPLETE); /* slower without, not wrong */
	if (!f->match_context) {
		f->match_context = pcre2_match_context_create(NULL);
		f->match_data = pcre2_match_data_create(1, NULL);
		if (!f->match_context || !f->match_data)
			return filter_fail(err, k->pos, "out of memory");
		pcre2_set_match_limit(f->match_context, 20000);
		pcre2_set_depth_limit(f->match_context, 2000);
		pcre2_set_heap_limit(f->match_context, 1024);
	}
	return 0;
}

/* "/etc/" is "/etc" for pmatch; "/" stays. */
static void trim_slashes(struct constant *k)
{
	while (k->v.len > 1 && k->v.s[k->v.len - 1] == '/')
		k->v.len--;
}

static int string(struct ph_filter *f, struct node *check, struct constant *k, const char *s, size_t len,
		  struct ph_parse_error *err)
{
	k->owned = malloc(len + 1);
	if (!k->owned)
		return filter_fail(err, k->pos, "out of memory");
	memcpy(k->owned, s, len);
	k->owned[len] = '\0';
	k->v.s = k->owned;
	k->v.len = (uint32_t)len;
	switch (check->op->op) {
	case OP_BCONTAINS:
	case OP_BSTARTSWITH:
		return hex_bytes(k, s, len, err);
	case OP_REGEX:
		return regex(f, k, err);
	case OP_PMATCH:
		trim_slashes(k);
		return 0;
	default:
		return 0;
	}
}

int filter_constant(struct ph_filter *f, struct node *check, const char *text, size_t len, size_t pos,
		    struct ph_parse_error *err)
{
	struct constant *k, *grown = realloc(check->constants, (check->nconstants + 1) * sizeof *grown);

	if (!grown)
		return filter_fail(err, pos, "out of memory");
	check->constants = grown;
	k = &grown[check->nconstants++];
	*k = (struct constant){ .pos = pos, .v = { .type = check->lhs->type, .kind = check->lhs->kind } };
	switch (check->lhs->kind) {
	case PH_V_INT:
	case PH_V_UINT: {
		char number_text[64];

		if (len >= sizeof number_text)
			return filter_fail(err, pos, "this is not a valid number");
		memcpy(number_text, text, len);
		number_text[len] = '\0';
		return check->lhs->type == PH_PT_PORT ? port(k, number_text, len, err) :
							integer(check, k, number_text, len, err);
	}
	case PH_V_DOUBLE:
	case PH_V_IP: {
		char copy[128];

		if (len >= sizeof copy)
			return filter_fail(err, pos, "this value is too long");
		memcpy(copy, text, len);
		copy[len] = '\0';
		if (check->lhs->kind == PH_V_DOUBLE)
			return number(k, copy, len, err);
		return check->lhs->type == PH_PT_IPNET ? network(k, copy, len, err) : address(k, copy, len, err);
	}
	case PH_V_BOOL:
		return boolean(k, text, len, err);
	default:
		return string(f, check, k, text, len, err);
	}
}
