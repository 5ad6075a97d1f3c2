/* SPDX-License-Identifier: Apache-2.0 */
/* Parses and evaluates field expressions; the table of transformers. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "collector/field/expr.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

struct ph_transformer {
	const char *name;
	uint8_t min_args, max_args;
	uint8_t type; /* enum ph_param_type of the result; NONE: that of the argument */
	bool strings, bytes, lists; /* what arguments may be */
	bool makes; /* text, in the scratch space */
	bool (*get)(struct ph_field_ctx *c, const struct ph_expr *x, struct ph_value *v);
};

static bool map_case(struct ph_field_ctx *c, const struct ph_expr *x, struct ph_value *v, int (*map)(int))
{
	struct ph_value a;
	struct ph_text t;

	if (!ph_expr_get(c, x->args[0], &a))
		return false;
	t = ph_scratch_open(c);
	for (uint32_t i = 0; i < a.len; i++)
		ph_text_char(&t, (char)map((unsigned char)a.s[i]));
	return ph_scratch_close(c, &t, v);
}

static bool get_tolower(struct ph_field_ctx *c, const struct ph_expr *x, struct ph_value *v)
{
	return map_case(c, x, v, tolower);
}

static bool get_toupper(struct ph_field_ctx *c, const struct ph_expr *x, struct ph_value *v)
{
	return map_case(c, x, v, toupper);
}

static int base64_digit(unsigned char ch)
{
	if (ch >= 'A' && ch <= 'Z')
		return ch - 'A';
	if (ch >= 'a' && ch <= 'z')
		return ch - 'a' + 26;
	if (ch >= '0' && ch <= '9')
		return ch - '0' + 52;
	return ch == '+' ? 62 : ch == '/' ? 63 : -1;
}

static bool get_b64(struct ph_field_ctx *c, const struct ph_expr *x, struct ph_value *v)
{
	struct ph_value a;
	struct ph_text t;
	uint32_t bits = 0, n, whole;

	if (!ph_expr_get(c, x->args[0], &a))
		return false;
	whole = a.len;
	while (whole > 0 && a.s[whole - 1] == '=' && a.len - whole < 2)
		whole--;
	if (whole % 4 == 1 || (whole < a.len && a.len % 4 != 0))
		return false;
	t = ph_scratch_open(c);
	for (n = 0; n < whole; n++) {
		int d = base64_digit((unsigned char)a.s[n]);

		if (d < 0)
			return false;
		bits = bits << 6 | (uint32_t)d;
		if (n % 4)
			ph_text_char(&t, (char)(bits >> (6 - 2 * (n % 4)) & 0xff));
	}
	return ph_scratch_close(c, &t, v);
}

static bool get_basename(struct ph_field_ctx *c, const struct ph_expr *x, struct ph_value *v)
{
	struct ph_value a;
	const char *slash;

	if (!ph_expr_get(c, x->args[0], &a))
		return false;
	while (a.len > 1 && a.s[a.len - 1] == '/')
		a.len--;
	slash = memrchr(a.s, '/', a.len);
	if (slash && a.len > 1)
		return ph_value_str(v, slash + 1, a.len - (size_t)(slash + 1 - a.s));
	return ph_value_str(v, a.s, a.len);
}

static bool get_len(struct ph_field_ctx *c, const struct ph_expr *x, struct ph_value *v)
{
	struct ph_value a;

	if (!ph_expr_get(c, x->args[0], &a))
		return false;
	v->u = a.len;
	return true;
}

static bool get_val(struct ph_field_ctx *c, const struct ph_expr *x, struct ph_value *v)
{
	return ph_expr_get(c, x->args[0], v);
}

/* All parts are made before the result, which is then the last thing in the scratch space. */
static bool join(struct ph_field_ctx *c, const struct ph_expr *x, size_t first, const struct ph_value *sep,
		 struct ph_value *v)
{
	struct ph_value *parts = ph_scratch_values(c, x->nargs);
	struct ph_text t;
	bool more = false;

	if (!parts)
		return false;
	for (size_t i = first; i < x->nargs; i++)
		if (!ph_expr_get(c, x->args[i], &parts[i]))
			return false;
	t = ph_scratch_open(c);
	for (size_t i = first; i < x->nargs; i++) {
		bool list = parts[i].kind == PH_V_LIST;

		for (uint32_t k = 0; k < (list ? parts[i].len : 1); k++) {
			const struct ph_value *item = list ? &parts[i].list[k] : &parts[i];

			if (more)
				ph_text_put(&t, sep->s, sep->len);
			ph_text_put(&t, item->s, item->len);
			more = true;
		}
	}
	return ph_scratch_close(c, &t, v);
}

static bool get_join(struct ph_field_ctx *c, const struct ph_expr *x, struct ph_value *v)
{
	struct ph_value sep;

	return ph_expr_get(c, x->args[0], &sep) && join(c, x, 1, &sep, v);
}

static bool get_concat(struct ph_field_ctx *c, const struct ph_expr *x, struct ph_value *v)
{
	struct ph_value none = { .kind = PH_V_STR, .s = "" };

	return join(c, x, 0, &none, v);
}

static const struct ph_transformer transformers[] = {
	{ "tolower", 1, 1, PH_PT_CHARBUF, true, false, false, true, get_tolower },
	{ "toupper", 1, 1, PH_PT_CHARBUF, true, false, false, true, get_toupper },
	{ "b64", 1, 1, PH_PT_CHARBUF, true, true, false, true, get_b64 },
	{ "basename", 1, 1, PH_PT_CHARBUF, true, false, false, false, get_basename },
	{ "len", 1, 1, PH_PT_UINT64, true, true, true, false, get_len },
	{ "join", 2, 16, PH_PT_CHARBUF, true, false, true, true, get_join },
	{ "concat", 1, 16, PH_PT_CHARBUF, true, false, false, true, get_concat },
	{ "val", 1, 1, PH_PT_NONE, false, false, false, false, get_val },
};

/* --- parsing ---------------------------------------------------------------------------------------------------------- */

static __attribute__((format(printf, 3, 4))) int fail(struct ph_parse_error *err, size_t pos, const char *fmt, ...)
{
	va_list ap;

	err->pos = pos;
	va_start(ap, fmt);
	vsnprintf(err->message, sizeof err->message, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static size_t skip_blanks(const char *text, size_t at)
{
	while (text[at] && strchr(" \t\b\r\n", text[at]))
		at++;
	return at;
}

static const struct ph_transformer *transformer_at(const char *text, size_t *name_len)
{
	for (size_t i = 0; i < COUNT(transformers); i++) {
		size_t n = strlen(transformers[i].name);

		*name_len = n;
		if (strncmp(text, transformers[i].name, n) == 0 && text[skip_blanks(text, n)] == '(')
			return &transformers[i];
	}
	return NULL;
}

bool ph_expr_begins_transformer(const char *text)
{
	size_t n;

	return transformer_at(text, &n) != NULL;
}

static bool same_ref(const struct ph_field_ref *a, const struct ph_field_ref *b)
{
	return a->field == b->field && a->has_index == b->has_index && a->index == b->index && !a->key == !b->key &&
	       (!a->key || strcmp(a->key, b->key) == 0);
}

static struct ph_slot *add_slot(struct ph_slots *s, struct ph_field_ref *ref)
{
	struct ph_slot **grown, *slot;

	for (size_t i = 0; i < s->count; i++) {
		if (same_ref(&s->slots[i]->ref, ref)) {
			ph_field_ref_free(ref);
			return s->slots[i];
		}
	}
	grown = realloc(s->slots, (s->count + 1) * sizeof *grown);
	if (grown)
		s->slots = grown;
	slot = grown ? calloc(1, sizeof *slot) : NULL;
	if (!slot) {
		ph_field_ref_free(ref);
		return NULL;
	}
	slot->ref = *ref;
	s->slots[s->count++] = slot;
	return slot;
}

static int parse_field(struct ph_expr *x, struct ph_slots *s, const char *text, size_t *at, struct ph_parse_error *err)
{
	struct ph_field_ref ref;
	size_t used;
	int rc = ph_field_parse(&ref, text + *at, strlen(text + *at), &used, err->message, sizeof err->message);

	if (rc) {
		err->pos = *at;
		return rc;
	}
	x->type = ref.type;
	x->kind = ref.kind;
	x->slot = add_slot(s, &ref);
	*at += used;
	return x->slot ? 0 : fail(err, *at, "out of memory");
}

static int parse_text(struct ph_expr *x, const char *text, size_t *at, struct ph_parse_error *err)
{
	const char *start = text + *at + 1, *end = strchr(start, text[*at]);

	if (!end)
		return fail(err, *at, "this quote is not closed");
	x->len = (size_t)(end - start);
	x->text = strndup(start, x->len);
	x->type = PH_PT_CHARBUF;
	x->kind = PH_V_STR;
	*at += x->len + 2;
	return x->text ? 0 : fail(err, *at, "out of memory");
}

static int parse(struct ph_expr **out, struct ph_slots *s, const char *text, size_t *at, unsigned depth,
		 struct ph_parse_error *err);

static int check_argument(const struct ph_transformer *tr, const struct ph_expr *a, size_t pos,
			  struct ph_parse_error *err)
{
	bool list = a->slot && (a->slot->ref.field->flags & PH_FF_ANY) && !a->slot->ref.has_index && !a->slot->ref.key;

	if (a->slot && (a->slot->ref.field->flags & PH_FF_PRINT))
		return fail(err, pos, "%s has no value to work on, it can be printed only", a->slot->ref.field->name);
	if (!tr->strings)
		return 0;
	if (list && !tr->lists)
		return fail(err, pos, "%s() does not work on a list", tr->name);
	if (!list && a->kind != PH_V_STR && !(a->kind == PH_V_BYTES && tr->bytes))
		return fail(err, pos, "%s() works on text%s", tr->name, tr->bytes ? " and bytes" : "");
	return 0;
}

static int parse_arguments(struct ph_expr *x, struct ph_slots *s, const char *text, size_t *at, unsigned depth,
			   struct ph_parse_error *err)
{
	const struct ph_transformer *tr = x->transformer;
	size_t pos;
	int rc;

	x->args = calloc(tr->max_args, sizeof(struct ph_expr *));
	if (!x->args)
		return fail(err, *at, "out of memory");
	for (;;) {
		*at = skip_blanks(text, *at);
		pos = *at;
		if (x->nargs == tr->max_args)
			return fail(err, pos, "%s() takes at most %u arguments", tr->name, tr->max_args);
		rc = parse(&x->args[x->nargs], s, text, at, depth + 1, err);
		if (rc || !x->args[x->nargs])
			return rc ? rc : -EINVAL;
		x->nargs++;
		rc = check_argument(tr, x->args[x->nargs - 1], pos, err);
		if (rc)
			return rc;
		*at = skip_blanks(text, *at);
		if (text[*at] != ',')
			break;
		++*at;
	}
	if (text[*at] != ')')
		return fail(err, *at, "expected ')' or ',' in the arguments of %s()", tr->name);
	if (x->nargs < tr->min_args)
		return fail(err, *at, "%s() wants at least %u arguments", tr->name, tr->min_args);
	++*at;
	x->type = tr->type;
	x->kind = (uint8_t)ph_value_kind_of(tr->type);
	if (tr->type == PH_PT_NONE && x->args[0]) {
		x->type = x->args[0]->type;
		x->kind = x->args[0]->kind;
	}
	return 0;
}

static int parse(struct ph_expr **out, struct ph_slots *s, const char *text, size_t *at, unsigned depth,
		 struct ph_parse_error *err)
{
	struct ph_expr *x = calloc(1, sizeof *x);
	size_t n;
	int rc;

	*out = NULL;
	if (!x)
		return fail(err, *at, "out of memory");
	x->transformer = transformer_at(text + *at, &n);
	if (depth > PH_EXPR_DEPTH) {
		rc = fail(err, *at, "transformers nested more than %d deep", PH_EXPR_DEPTH);
	} else if (x->transformer) {
		*at = skip_blanks(text, *at + n) + 1;
		rc = parse_arguments(x, s, text, at, depth, err);
	} else if (depth > 0 && (text[*at] == '"' || text[*at] == '\'')) {
		rc = parse_text(x, text, at, err);
	} else {
		rc = parse_field(x, s, text, at, err);
	}
	if (rc) {
		ph_expr_free(x);
		return rc;
	}
	*out = x;
	return 0;
}

int ph_expr_parse(struct ph_expr **out, struct ph_slots *s, const char *text, size_t *at, struct ph_parse_error *err)
{
	return parse(out, s, text, at, 0, err);
}

void ph_expr_free(struct ph_expr *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->nargs; i++)
		ph_expr_free(x->args[i]);
	free(x->args);
	free(x->text);
	free(x);
}

void ph_slots_fini(struct ph_slots *s)
{
	for (size_t i = 0; i < s->count; i++) {
		ph_field_ref_free(&s->slots[i]->ref);
		free(s->slots[i]);
	}
	free(s->slots);
	*s = (struct ph_slots){ 0 };
}

uint32_t ph_slots_needs(const struct ph_slots *s)
{
	uint32_t needs = 0;

	for (size_t i = 0; i < s->count; i++)
		needs |= s->slots[i]->ref.field->needs;
	return needs;
}

/* --- what an expression is of ------------------------------------------------------------------------------------------- */

unsigned ph_expr_flags(const struct ph_expr *x)
{
	unsigned flags = x->slot ? x->slot->ref.field->flags : 0;

	if (x->transformer && x->transformer->makes)
		flags |= PH_FF_MADE;
	for (size_t i = 0; i < x->nargs; i++)
		flags |= ph_expr_flags(x->args[i]);
	return flags;
}

enum ph_field_of ph_expr_of(const struct ph_expr *x)
{
	enum ph_field_of of = x->slot ? ph_field_of(x->slot->ref.field) : PH_OF_EVENT;

	for (size_t i = 0; i < x->nargs; i++) {
		enum ph_field_of arg = ph_expr_of(x->args[i]);

		of = arg > of ? arg : of;
	}
	return of;
}

/* --- evaluating ------------------------------------------------------------------------------------------------------- */

bool ph_slot_fill(struct ph_field_ctx *c, struct ph_slot *slot)
{
	slot->seq = c->seq;
	slot->present = ph_field_get(c, &slot->ref, &slot->value);
	return slot->present;
}

bool ph_expr_transform(struct ph_field_ctx *c, const struct ph_expr *x, struct ph_value *v)
{
	v->type = x->type;
	v->kind = x->kind;
	v->clean = false;
	if (!x->transformer)
		return ph_value_str(v, x->text, x->len);
	return x->transformer->get(c, x, v);
}
