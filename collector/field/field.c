/* SPDX-License-Identifier: Apache-2.0 */
/* The table of field classes, looking fields up in it, reading references, and the context that extraction works in. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "collector/field/field.h"
#include "collector/field/resolver.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct ph_field_class *const classes[] = {
	&ph_class_gen_event, &ph_class_event, &ph_class_message, &ph_class_process, &ph_class_user,
	&ph_class_group,     &ph_class_fd,    &ph_class_fs,	 &ph_class_fdlist,  &ph_class_syslog,
	&ph_class_container, &ph_class_k8s,   &ph_class_util,	 &ph_class_others,
};

const struct ph_field_class *ph_field_class(size_t i)
{
	return i < COUNT(classes) ? classes[i] : NULL;
}

enum ph_field_of ph_field_of(const struct ph_field *f)
{
	const struct ph_field_class *cls;

	for (size_t i = 0; (cls = ph_field_class(i)); i++)
		if (f >= cls->fields && f < cls->fields + cls->count)
			return f->flags & PH_FF_MOMENT ? PH_OF_EVENT : cls->of;
	return PH_OF_EVENT;
}

enum ph_value_kind ph_value_kind_of(unsigned type)
{
	switch (type) {
	case PH_PT_INT8:
	case PH_PT_INT16:
	case PH_PT_INT32:
	case PH_PT_INT64:
	case PH_PT_ERRNO:
	case PH_PT_FD:
	case PH_PT_FD32:
	case PH_PT_PID:
	case PH_PT_PID32:
		return PH_V_INT;
	case PH_PT_CHARBUF:
	case PH_PT_FSPATH:
	case PH_PT_FSRELPATH:
		return PH_V_STR;
	case PH_PT_BYTEBUF:
	case PH_PT_SOCKADDR:
	case PH_PT_SOCKTUPLE:
	case PH_PT_FDLIST:
	case PH_PT_DYN:
	case PH_PT_CHARBUFARRAY:
	case PH_PT_CHARBUF_PAIR_ARRAY:
		return PH_V_BYTES;
	case PH_PT_DOUBLE:
		return PH_V_DOUBLE;
	case PH_PT_BOOL:
		return PH_V_BOOL;
	case PH_PT_IPV4ADDR:
	case PH_PT_IPV6ADDR:
	case PH_PT_IPADDR:
	case PH_PT_IPV4NET:
	case PH_PT_IPV6NET:
	case PH_PT_IPNET:
		return PH_V_IP;
	default:
		return PH_V_UINT;
	}
}

/* --- looking up ------------------------------------------------------------------------------------------------------- */

static bool name_char(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_';
}

/* The longest field name that text begins with; a name does not end within a word but where an argument follows. */
static const struct ph_field *longest(const char *text, size_t len, bool whole_words)
{
	const struct ph_field *best = NULL;
	size_t best_len = 0;

	for (size_t k = 0; k < COUNT(classes); k++) {
		for (size_t i = 0; i < classes[k]->count; i++) {
			const struct ph_field *f = &classes[k]->fields[i];
			size_t n = strlen(f->name);

			if (n > len || n <= best_len || memcmp(f->name, text, n) != 0)
				continue;
			if (whole_words && n < len && name_char(text[n]))
				continue;
			best = f;
			best_len = n;
		}
	}
	return best;
}

unsigned ph_edit_distance(const char *a, size_t alen, const char *b, size_t blen, unsigned limit)
{
	unsigned row[3][64];
	unsigned *before = row[0], *last = row[1], *now = row[2];

	if (alen > 63 || blen > 63 || (alen > blen ? alen - blen : blen - alen) > limit)
		return limit + 1;
	for (size_t j = 0; j <= blen; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= alen; i++) {
		unsigned *t;

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= blen; j++) {
			unsigned best = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
		t = before;
		before = last;
		last = now;
		now = t;
	}
	return last[blen] > limit ? limit + 1 : last[blen];
}

const struct ph_field *ph_field_nearest(const char *name, size_t len)
{
	const struct ph_field *best = NULL;
	unsigned limit = len < 5 ? 1 : 3, least = limit + 1;

	for (size_t k = 0; k < COUNT(classes); k++) {
		for (size_t i = 0; i < classes[k]->count; i++) {
			const struct ph_field *f = &classes[k]->fields[i];
			unsigned d = ph_edit_distance(name, len, f->name, strlen(f->name), limit);

			if (d < least && f->extract != ph_field_no_value) {
				best = f;
				least = d;
			}
		}
	}
	return best;
}

/* --- references ------------------------------------------------------------------------------------------------------- */

static int wrong(char *err, size_t errlen, int rc, const char *what, const char *name, size_t len)
{
	snprintf(err, errlen, what, (int)(len > 80 ? 80 : len), name);
	return rc;
}

static int unknown(const char *text, size_t len, char *err, size_t errlen)
{
	const struct ph_field *near;
	size_t n = 0;

	while (n < len && (name_char(text[n]) || text[n] == '.'))
		n++;
	near = ph_field_nearest(text, n);
	snprintf(err, errlen, near ? "unknown field '%.*s'; did you mean %s?" : "unknown field '%.*s'",
		 (int)(n > 80 ? 80 : n), text, near ? near->name : "");
	return -ENOENT;
}

/* Fills the map from event row to parameter index; the type is that of the first event that has the parameter. */
static int bind_param(struct ph_field_ref *ref, char *err, size_t errlen)
{
	size_t n = ph_event_count(), len = strlen(ref->key);

	ref->param_of = malloc(n);
	if (!ref->param_of)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct ph_event_info *info = ph_event_row(i);
		int p = ph_event_param_index(info, ref->key, len);

		ref->param_of[i] = (int8_t)p;
		if (p >= 0 && !ref->param)
			ref->param = &info->params[p];
	}
	if (!ref->param)
		return wrong(err, errlen, -EINVAL, "unknown event argument '%.*s'; porthole -L lists all", ref->key,
			     len);
	if (ref->field->type == PH_PT_DYN) {
		ref->type = ref->param->type;
		ref->kind = (uint8_t)ph_value_kind_of(ref->type);
	}
	return 0;
}

/* ".name": letters, digits, '_', and for labels whatever image makers put there. */
static size_t read_name(struct ph_field_ref *ref, const char *text, size_t len)
{
	size_t n = strlen(ref->field->name);
	bool label = n > 6 && strcmp(ref->field->name + n - 6, ".label") == 0;

	n = 0;

	while (n < len && (name_char(text[n]) || (label && (text[n] == '.' || text[n] == '-' || text[n] == '/'))))
		n++;
	ref->key = strndup(text, n);
	return n;
}

static bool all_digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	return true;
}

/* false: it is too large. */
static bool read_index(struct ph_field_ref *ref, const char *s, size_t n)
{
	int64_t v = 0;

	for (size_t i = 0; i < n; i++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, s[i] - '0', &v))
			return false;
	ref->index = v;
	return true;
}

/* Inside of brackets: digits, bare text or quoted text. Returns the length with the closing bracket, 0 when it is wrong. */
static size_t read_bracket(struct ph_field_ref *ref, const char *text, size_t len)
{
	const char *s = text, *end;
	size_t n = 0;
	char quote = 0;

	if (len > 0 && (*s == '"' || *s == '\'')) {
		quote = *s++;
		end = memchr(s, quote, len - 1);
		if (!end)
			return 0;
		n = (size_t)(end - s);
		end++;
	} else {
		end = memchr(s, ']', len);
		if (!end)
			return 0;
		n = (size_t)(end - s);
	}
	if (n == 0 || (size_t)(end - text) >= len || *end != ']' || memchr(s, '\0', n))
		return 0;
	if (!quote && all_digits(s, n) && read_index(ref, s, n)) {
		ref->has_index = true;
	} else {
		ref->key = strndup(s, n);
	}
	return (size_t)(end - text) + 1;
}

static int read_argument(struct ph_field_ref *ref, const char *text, size_t len, size_t *used, char *err, size_t errlen)
{
	unsigned kind = ref->field->arg;
	const char *name = ref->field->name;
	size_t n;

	if (len > 0 && *text == '.' &&
	    (kind == PH_ARG_NAME || kind == PH_ARG_NAME_OR_INDEX || kind == PH_ARG_ANY_OPT)) {
		n = read_name(ref, text + 1, len - 1);
		if (n == 0)
			return wrong(err, errlen, -EINVAL, "'%.*s.' wants a name behind the dot", name, strlen(name));
		*used += n + 1;
	} else if (len > 0 && *text == '[' && kind != PH_ARG_NONE && kind != PH_ARG_NAME) {
		n = read_bracket(ref, text + 1, len - 1);
		if (n == 0)
			return wrong(err, errlen, -EINVAL, "'%.*s[' wants a number or a text and a closing bracket",
				     name, strlen(name));
		if (ref->key && kind != PH_ARG_KEY_OPT && kind != PH_ARG_ANY_OPT)
			return wrong(err, errlen, -EINVAL, "'%.*s[..]' wants a number", name, strlen(name));
		*used += n + 1;
	} else if (kind == PH_ARG_NAME) {
		return wrong(err, errlen, -EINVAL, "'%.*s' wants a name behind a dot", name, strlen(name));
	} else if (kind == PH_ARG_NAME_OR_INDEX) {
		return wrong(err, errlen, -EINVAL, "'%.*s' wants .name or [number]", name, strlen(name));
	} else if (kind == PH_ARG_INDEX) {
		return wrong(err, errlen, -EINVAL, "'%.*s' wants [number]", name, strlen(name));
	}
	return 0;
}

int ph_field_parse(struct ph_field_ref *ref, const char *text, size_t len, size_t *used, char *err, size_t errlen)
{
	const struct ph_field *f = longest(text, len, true);
	int rc;

	*ref = (struct ph_field_ref){ .field = f ? f : longest(text, len, false) };
	*used = 0;
	if (!ref->field)
		return unknown(text, len, err, errlen);
	ref->type = ref->field->type;
	ref->kind = (uint8_t)ph_value_kind_of(ref->type);
	*used = strlen(ref->field->name);
	rc = read_argument(ref, text + *used, len - *used, used, err, errlen);
	if (rc == 0 && ref->key &&
	    (strcmp(ref->field->name, "evt.arg") == 0 || strcmp(ref->field->name, "evt.rawarg") == 0))
		rc = bind_param(ref, err, errlen);
	if (rc)
		ph_field_ref_free(ref);
	return rc;
}

void ph_field_ref_free(struct ph_field_ref *ref)
{
	free(ref->key);
	free(ref->param_of);
	*ref = (struct ph_field_ref){ 0 };
}

bool ph_field_no_value(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)c;
	(void)r;
	(void)v;
	return false;
}

/* --- context ---------------------------------------------------------------------------------------------------------- */

int ph_field_ctx_init(struct ph_field_ctx *c, const struct ph_field_ctx_opts *opts)
{
	*c = (struct ph_field_ctx){ .opts = *opts };
	c->scratch = malloc(PH_SCRATCH_SIZE);
	if (!c->scratch)
		return -ENOMEM;
	if (gethostname(c->hostname, sizeof c->hostname - 1) != 0)
		c->hostname[0] = '\0';
	return 0;
}

void ph_field_ctx_fini(struct ph_field_ctx *c)
{
	free(c->scratch);
	c->scratch = NULL;
	ph_resolver_free(c->resolver);
	c->resolver = NULL;
}

struct ph_value *ph_scratch_values(struct ph_field_ctx *c, size_t n)
{
	size_t align = _Alignof(struct ph_value), at = (c->used + align - 1) / align * align;

	if (at + n * sizeof(struct ph_value) > PH_SCRATCH_SIZE)
		return NULL;
	c->used = at + n * sizeof(struct ph_value);
	return (struct ph_value *)(void *)(c->scratch + at);
}

void ph_value_text(struct ph_text *t, const struct ph_value *v, unsigned fmt)
{
	char buf[64];
	int n;

	switch (v->kind) {
	case PH_V_INT:
	case PH_V_UINT:
		if (fmt == PH_PF_HEX)
			ph_text_hex_upper(t, v->u);
		else if (fmt == PH_PF_OCT)
			ph_text_oct(t, v->u);
		else if (fmt == PH_PF_PAD9)
			ph_text_uint_pad(t, v->u, 9);
		else if (v->kind == PH_V_INT)
			ph_text_int(t, v->i);
		else
			ph_text_uint(t, v->u);
		break;
	case PH_V_DOUBLE:
		n = snprintf(buf, sizeof buf, "%.1f", v->d);
		ph_text_put(t, buf, n > 0 && (size_t)n < sizeof buf ? (size_t)n : 0);
		break;
	case PH_V_BOOL:
		ph_text_str(t, v->b ? "true" : "false");
		break;
	case PH_V_IP:
		ph_text_ip(t, (const uint8_t *)v->s, v->len);
		break;
	case PH_V_LIST:
		for (uint32_t i = 0; i < v->len; i++) {
			if (i)
				ph_text_char(t, ',');
			ph_value_text(t, &v->list[i], fmt);
		}
		break;
	default:
		if (v->clean)
			ph_text_put(t, v->s, v->len);
		else
			ph_text_clean(t, v->s, v->len);
	}
}
