/* SPDX-License-Identifier: Apache-2.0 */
/* What the operators mean: one check on the value that an event has. */
#include <stdlib.h>
#include <strings.h>
#include "collector/filter/internal.h"

static bool fold_equal(const char *a, const char *b, size_t n)
{
	return strncasecmp(a, b, n) == 0;
}

/* Not inlined, as filter_glob() is not: all of filter_compare()'s operators would save the registers that these two need. */
static __attribute__((noinline)) bool contains_folded(const struct ph_value *a, const struct ph_value *b)
{
	for (size_t i = 0; i + b->len <= a->len; i++)
		if (fold_equal(a->s + i, b->s, b->len))
			return true;
	return false;
}

static int sign(bool less, bool greater)
{
	return greater - less;
}

static int order(const struct ph_value *a, const struct ph_value *b)
{
	int c;

	switch (a->kind) {
	case PH_V_INT:
		return sign(a->i<b->i, a->i> b->i);
	case PH_V_UINT:
		return sign(a->u<b->u, a->u> b->u);
	case PH_V_DOUBLE:
		return sign(a->d<b->d, a->d> b->d);
	default:
		c = memcmp(a->s, b->s, a->len < b->len ? a->len : b->len);
		return c ? c : sign(a->len<b->len, a->len> b->len);
	}
}

bool filter_equal(const struct ph_value *a, const struct ph_value *b)
{
	switch (a->kind) {
	case PH_V_INT:
	case PH_V_UINT:
		return a->u == b->u;
	case PH_V_DOUBLE:
		return !(a->d < b->d) && !(a->d > b->d);
	case PH_V_BOOL:
		return a->b == b->b;
	default:
		return a->len == b->len && memcmp(a->s, b->s, a->len) == 0;
	}
}

static bool in_network(const struct ph_value *a, const struct constant *k)
{
	unsigned bytes = k->prefix / 8, bits = k->prefix % 8;

	if (a->len != k->v.len || memcmp(a->s, k->v.s, bytes) != 0)
		return false;
	return bits == 0 || (((unsigned char)a->s[bytes] ^ (unsigned char)k->v.s[bytes]) >> (8 - bits)) == 0;
}

static bool equal(const struct ph_value *a, const struct constant *k)
{
	return k->v.type == PH_PT_IPNET ? in_network(a, k) : filter_equal(a, &k->v);
}

/* Equal, or a whole-component beginning: /etc of /etc/hosts. */
static bool path_prefix(const struct ph_value *a, const struct ph_value *p)
{
	if (a->len < p->len || memcmp(a->s, p->s, p->len) != 0)
		return false;
	return a->len == p->len || a->s[p->len] == '/' || (p->len == 1 && p->s[0] == '/');
}

/* One character of a bracket expression's range; a backslash quotes. */
static char set_char(const char *p, size_t plen, size_t *i)
{
	if (p[*i] == '\\' && *i + 1 < plen)
		++*i;
	return p[(*i)++];
}

static char folded(char ch, bool fold)
{
	return fold && ch >= 'A' && ch <= 'Z' ? (char)(ch | 0x20) : ch;
}

/* "[...]" at p: 1 it holds ch, 0 it does not, -1 it is not closed and the bracket stands for itself. */
static int bracket(const char *p, size_t plen, char ch, bool fold, size_t *used)
{
	size_t i = 1, start;
	bool negate = i < plen && (p[i] == '!' || p[i] == '^'), hit = false;

	i += negate;
	for (start = i; i < plen && (p[i] != ']' || i == start);) {
		char lo = folded(set_char(p, plen, &i), fold), hi = lo;

		if (i + 1 < plen && p[i] == '-' && p[i + 1] != ']') {
			i++;
			hi = folded(set_char(p, plen, &i), fold);
		}
		hit |= folded(ch, fold) >= lo && folded(ch, fold) <= hi;
	}
	if (i >= plen)
		return -1;
	*used = i + 1;
	return hit != negate;
}

/* fnmatch(3) without flags on texts that are not NUL-terminated; goes back to the last '*' only, so it takes at most plen * slen. */
__attribute__((noinline)) bool filter_glob(const char *p, size_t plen, const char *s, size_t slen, bool fold)
{
	size_t i = 0, k = 0, star = SIZE_MAX, mark = 0;

	while (k < slen) {
		size_t used = 1;
		bool ok;

		if (i < plen && p[i] == '*') {
			star = i++;
			mark = k;
			continue;
		}
		if (i >= plen) {
			ok = false;
		} else if (p[i] == '?') {
			ok = true;
		} else {
			int set = p[i] == '[' ? bracket(p + i, plen - i, s[k], fold, &used) : -1;
			size_t at = i + (p[i] == '\\' && i + 1 < plen);

			if (set < 0)
				used = at - i + 1;
			ok = set >= 0 ? set : folded(p[at], fold) == folded(s[k], fold);
		}
		if (ok) {
			i += used;
			k++;
		} else if (star != SIZE_MAX) {
			i = star + 1;
			k = ++mark;
		} else {
			return false;
		}
	}
	while (i < plen && p[i] == '*')
		i++;
	return i == plen;
}

bool filter_compare(const struct ph_filter *f, enum op op, const struct ph_value *a, const struct constant *k)
{
	const struct ph_value *b = &k->v;

	switch (op) {
	case OP_EQ:
	case OP_IN:
	case OP_INTERSECTS:
		return equal(a, k);
	case OP_NE:
		return !equal(a, k);
	case OP_LT:
		return order(a, b) < 0;
	case OP_LE:
		return order(a, b) <= 0;
	case OP_GT:
		return order(a, b) > 0;
	case OP_GE:
		return order(a, b) >= 0;
	case OP_CONTAINS:
	case OP_BCONTAINS:
		return memmem(a->s, a->len, b->s, b->len) != NULL;
	case OP_ICONTAINS:
		return contains_folded(a, b);
	case OP_STARTSWITH:
	case OP_BSTARTSWITH:
		return a->len >= b->len && memcmp(a->s, b->s, b->len) == 0;
	case OP_ENDSWITH:
		return a->len >= b->len && memcmp(a->s + a->len - b->len, b->s, b->len) == 0;
	case OP_GLOB:
	case OP_IGLOB:
		return filter_glob(b->s, b->len, a->s, a->len, op == OP_IGLOB);
	case OP_REGEX:
		/* a pattern that reaches the limits does not match */
		return pcre2_match(k->regex, (PCRE2_SPTR)a->s, a->len, 0, 0, f->match_data, f->match_context) >= 0;
	case OP_PMATCH:
		return path_prefix(a, b);
	case OP_EXISTS:
	case OP_COUNT:
		break;
	}
	return true;
}

/* --- sets ------------------------------------------------------------------------------------------------------------- */

uint32_t filter_hash(const struct ph_value *v)
{
	uint32_t h = 2166136261u;

	if (v->kind == PH_V_INT || v->kind == PH_V_UINT)
		return (uint32_t)((v->u * 0x9e3779b97f4a7c15ull) >> 32);
	for (uint32_t i = 0; i < v->len; i++)
		h = (h ^ (unsigned char)v->s[i]) * 16777619u;
	return h ^ h >> 15;
}

int filter_set_build(struct node *check)
{
	uint32_t size = 8;

	while (size < check->nconstants * 2)
		size *= 2;
	check->set.index = calloc(size, sizeof *check->set.index);
	if (!check->set.index)
		return -1;
	check->set.mask = size - 1;
	for (size_t i = 0; i < check->nconstants; i++) {
		uint32_t at = filter_hash(&check->constants[i].v) & check->set.mask;

		while (check->set.index[at] &&
		       !filter_equal(&check->constants[check->set.index[at] - 1].v, &check->constants[i].v))
			at = (at + 1) & check->set.mask;
		check->set.index[at] = (uint32_t)i + 1;
	}
	return 0;
}

const struct constant *filter_set_find(const struct node *check, const struct ph_value *v)
{
	for (uint32_t at = filter_hash(v) & check->set.mask; check->set.index[at]; at = (at + 1) & check->set.mask) {
		const struct constant *k = &check->constants[check->set.index[at] - 1];

		if (filter_equal(&k->v, v))
			return k;
	}
	return NULL;
}

/* Looks each beginning of the path up that ends before a slash, so the cost does not depend on the size of the list. */
static bool path_in_set(const struct node *check, const struct ph_value *v)
{
	struct ph_value part = *v;

	for (part.len = 1; part.len <= v->len; part.len++) {
		if (part.len < v->len && v->s[part.len] != '/' && !(part.len == 1 && v->s[0] == '/'))
			continue;
		if (filter_set_find(check, &part))
			return true;
	}
	return false;
}

/* --- one check -------------------------------------------------------------------------------------------------------- */

static bool check_value(const struct ph_filter *f, const struct node *check, const struct ph_value *v)
{
	enum op op = (enum op)check->test;
	size_t hits = 0;

	if (check->set.index)
		return op == OP_PMATCH ? path_in_set(check, v) : filter_set_find(check, v) != NULL;
	for (size_t i = 0; i < check->nconstants; i++) {
		bool hit = filter_compare(f, op, v, &check->constants[i]);

		if (hit && check->quantifier == ANY_OF)
			return true;
		if (!hit && check->quantifier == ALL_OF)
			return false;
		hits += hit;
	}
	return check->quantifier == ALL_OF || (check->quantifier == ONE_OF && hits == 1);
}

/* Fields with several values: != wants every end of a connection to differ, but only one of the ancestors. */
static bool check_list(const struct ph_filter *f, const struct node *check, const struct ph_value *v)
{
	bool all = check->op->op == OP_NE && check->lhs->slot && (check->lhs->slot->ref.field->flags & PH_FF_BOTH);

	for (uint32_t i = 0; i < v->len; i++)
		if (check_value(f, check, &v->list[i]) != all)
			return !all;
	return all;
}

static bool check_field(struct ph_filter *f, struct ph_field_ctx *c, const struct node *check, const struct ph_value *v)
{
	struct constant k = { 0 };

	if (!ph_expr_get(c, check->rhs, &k.v) || k.v.kind == PH_V_LIST)
		return false;
	k.v.type = check->lhs->type;
	if (v->kind != PH_V_LIST)
		return filter_compare(f, (enum op)check->op->op, v, &k);
	for (uint32_t i = 0; i < v->len; i++)
		if (filter_compare(f, (enum op)check->op->op, &v->list[i], &k))
			return true;
	return false;
}

/* What few checks are: apart, so that the usual ones need not save registers for it. */
static __attribute__((noinline)) bool check_rest(struct ph_filter *f, struct ph_field_ctx *c, const struct node *check,
						 const struct ph_value *v)
{
	if (check->test == OP_EXISTS)
		return true;
	if (check->rhs)
		return check_field(f, c, check, v);
	return v->kind == PH_V_LIST ? check_list(f, check, v) : check_value(f, check, v);
}

bool filter_check(struct ph_filter *f, struct ph_field_ctx *c, const struct node *check)
{
	struct ph_value room;
	const struct ph_value *v = ph_expr_value(c, check->lhs, &room);

	if (!v)
		return false;
	if (check->nconstants != 1 || v->kind == PH_V_LIST)
		return check_rest(f, c, check, v);
	return filter_compare(f, (enum op)check->test, v, check->constants);
}
