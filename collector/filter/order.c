/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order in which a filter's checks are made: the compiler has the tree folded here before it makes code of it. In a group of
 * `and` or `or` what is cheap goes in front of what is dear, and among equals what is likely to settle the group. Only time comes
 * of that, since what a check says does not depend on the others; but for fields that remember when they were asked for: a check
 * with one of those stays where it is, and nothing is moved across it.
 */
#include <stdlib.h>
#include "collector/filter/internal.h"

/* What a check costs at most; a group costs what its dearest check does. */
enum cost { NAME_BIT, OF_EVENT, OF_THREAD, OF_FD, MADE, SEARCH };

/* How often a check is true, and what is true as often as not. */
enum often { SELDOM, EVEN, MOSTLY };

static const uint8_t how_often[OP_COUNT] = {
	[OP_EXISTS] = MOSTLY, [OP_NE] = MOSTLY, [OP_LT] = EVEN, [OP_LE] = EVEN, [OP_GT] = EVEN, [OP_GE] = EVEN,
};

/* Looks at each place of a text, or goes back in it. */
static const bool searches[OP_COUNT] = {
	[OP_CONTAINS] = true, [OP_ICONTAINS] = true, [OP_BCONTAINS] = true,
	[OP_GLOB] = true,     [OP_IGLOB] = true,     [OP_REGEX] = true,
};

static enum cost expr_cost(const struct ph_expr *x)
{
	static const uint8_t costs[] = { [PH_OF_EVENT] = OF_EVENT, [PH_OF_THREAD] = OF_THREAD, [PH_OF_FD] = OF_FD };

	return ph_expr_flags(x) & PH_FF_MADE ? MADE : costs[ph_expr_of(x)];
}

static void rate_check(struct node *n)
{
	enum cost left = expr_cost(n->lhs), right = n->rhs ? expr_cost(n->rhs) : NAME_BIT;

	n->remembers = (ph_expr_flags(n->lhs) | (n->rhs ? ph_expr_flags(n->rhs) : 0)) & PH_FF_REMEMBERS;
	n->often = how_often[n->op->op];
	n->cost = (uint8_t)(searches[n->op->op] ? SEARCH : left > right ? left : right);
}

/* Of a node whose kids are rated. */
static void rate(struct node *n)
{
	n->remembers = false;
	n->often = EVEN;
	n->cost = NAME_BIT;
	if (n->kind == N_CHECK)
		rate_check(n);
	for (size_t i = 0; i < n->nkids; i++) {
		n->remembers |= n->kids[i]->remembers;
		if (n->kids[i]->cost > n->cost)
			n->cost = n->kids[i]->cost;
	}
	if (n->kind == N_NOT)
		n->often = (uint8_t)(MOSTLY - n->kids[0]->often);
}

/* --- names --------------------------------------------------------------------------------------------------------------- */

static void combine(struct names *a, const struct names *b, bool and)
{
	for (size_t i = 0; i < sizeof a->events / sizeof a->events[0]; i++) {
		a->events[i] = and ? a->events[i] & b->events[i] : a->events[i] | b->events[i];
		a->syscalls[i] = and ? a->syscalls[i] & b->syscalls[i] : a->syscalls[i] | b->syscalls[i];
	}
}

static void invert(struct names *n)
{
	for (size_t i = 0; i < sizeof n->events / sizeof n->events[0]; i++) {
		n->events[i] = ~n->events[i];
		n->syscalls[i] = ~n->syscalls[i];
	}
}

/* Name checks that stand together become one. */
static void join_names(struct node *n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->nkids; i++) {
		struct node *kid = n->kids[i], *before = kept ? n->kids[kept - 1] : NULL;

		if (before && before->kind == N_NAME && kid->kind == N_NAME) {
			combine(&before->names, &kid->names, n->kind == N_AND);
			filter_node_free(kid);
		} else {
			n->kids[kept++] = kid;
		}
	}
	n->nkids = kept;
}

/* --- groups -------------------------------------------------------------------------------------------------------------- */

/* Kids of a kid of the same kind become the group's own. Without memory they stay where they are, which is slower and not wrong. */
static void flatten(struct node *n)
{
	size_t total = 0, at;
	struct node **kids;

	for (size_t i = 0; i < n->nkids; i++)
		total += n->kids[i]->kind == n->kind ? n->kids[i]->nkids : 1;
	if (total == n->nkids || !(kids = malloc(total * sizeof(struct node *))))
		return;
	at = 0;
	for (size_t i = 0; i < n->nkids; i++) {
		struct node *kid = n->kids[i];

		if (kid->kind != n->kind) {
			kids[at++] = kid;
			continue;
		}
		memcpy(kids + at, kid->kids, kid->nkids * sizeof(struct node *));
		at += kid->nkids;
		kid->nkids = 0;
		filter_node_free(kid);
	}
	free(n->kids);
	n->kids = kids;
	n->nkids = total;
}

static int by_rank(const void *a, const void *b)
{
	const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;

	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* Ranks are all different: the last thing in them is the place that the filter's text has the check at. */
static void sort(struct node *n, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		struct node *kid = n->kids[i];
		uint64_t late = n->kind == N_AND ? kid->often : (uint64_t)(MOSTLY - kid->often);
		bool group = kid->nkids > 1 || (kid->nkids == 1 && kid->kids[0]->nkids > 1);

		kid->rank = (uint64_t)kid->cost << 60 | (uint64_t)group << 58 | late << 56 | i;
	}
	if (to > from)
		qsort(n->kids + from, to - from, sizeof(struct node *), by_rank);
}

static void order_group(struct node *n)
{
	size_t from = 0;

	flatten(n);
	for (size_t i = 0; i < n->nkids; i++) {
		if (!n->kids[i]->remembers)
			continue;
		sort(n, from, i);
		from = i + 1;
	}
	sort(n, from, n->nkids);
	join_names(n);
}

struct node *filter_order(struct node *n)
{
	struct node *kid;
	bool group = n->kind == N_AND || n->kind == N_OR;

	for (size_t i = 0; i < n->nkids; i++)
		n->kids[i] = filter_order(n->kids[i]);
	if (group)
		order_group(n);
	if (n->kind == N_NOT && n->kids[0]->kind == N_NAME) {
		invert(&n->kids[0]->names);
	} else if (!group || n->nkids != 1) {
		rate(n);
		return n;
	}
	kid = n->kids[0];
	n->nkids = 0;
	filter_node_free(n);
	return kid;
}
