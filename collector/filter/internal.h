/* SPDX-License-Identifier: Apache-2.0 */
/* What the parser, the compiler and the evaluator of filters share; nobody else includes it but the test of the order of checks. */
#ifndef PORTHOLE_FILTER_INTERNAL_H
#define PORTHOLE_FILTER_INTERNAL_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include "collector/filter/filter.h"

#define MAX_DEPTH 100

enum op {
	OP_EXISTS,
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_CONTAINS,
	OP_ICONTAINS,
	OP_BCONTAINS,
	OP_STARTSWITH,
	OP_BSTARTSWITH,
	OP_ENDSWITH,
	OP_GLOB,
	OP_IGLOB,
	OP_REGEX,
	OP_IN,
	OP_INTERSECTS,
	OP_PMATCH,
	OP_COUNT,
};

enum { ON_NUMBERS = 1, ON_STRINGS = 2, ON_BYTES = 4, ON_BOOLS = 8, ON_IPS = 16, ON_ALL = 31 };

struct op_info {
	const char *name;
	uint8_t op;
	uint8_t kinds; /* ON_* */
	bool word; /* letters: what follows must not be one */
	bool list; /* takes (a, b, ..) */
};

/* In the order in which they are tried: longer ones before their beginnings. */
extern const struct op_info filter_ops[];
extern const size_t filter_op_count;

/* How the values of a list combine. */
enum quantifier { ANY_OF, ALL_OF, ONE_OF };

/* A value of the filter's text, in the type of the field that it is compared with. */
struct constant {
	struct ph_value v;
	uint8_t prefix; /* networks: bits that count */
	char *owned; /* what v.s points to */
	pcre2_code *regex;
	size_t pos; /* in the filter's text */
};

struct set {
	uint32_t *index; /* into constants, + 1; 0: free */
	uint32_t mask;
};

/* Bits by event row and by syscall row. */
struct names {
	uint64_t events[8], syscalls[8];
};

_Static_assert(PH_SC_COUNT <= 512, "struct names is too small for the syscalls");

enum node_kind { N_AND, N_OR, N_NOT, N_CHECK, N_NAME };

struct node {
	uint8_t kind;
	struct node **kids;
	size_t nkids;
	/* order.c */
	uint8_t cost, often;
	bool remembers; /* has a field that does, PH_FF_REMEMBERS */
	uint64_t rank; /* within its group, while that is put in order */
	/* checks */
	const struct op_info *op;
	uint8_t test; /* enum op: the operator's, or what it means for this field */
	uint8_t quantifier;
	struct ph_expr *lhs, *rhs; /* rhs: instead of constants */
	struct constant *constants;
	size_t nconstants;
	struct set set;
	size_t pos;
	struct names names; /* N_NAME */
};

/* pc of where to go on; the two ends lie behind the program. */
#define PASS 0xfffffffeu
#define REJECT 0xffffffffu

struct insn {
	const struct node *node;
	uint32_t yes, no;
};

struct ph_filter {
	struct node *root;
	struct ph_slots slots;
	struct insn *code;
	uint32_t count, entry;
	uint32_t needs;
	pcre2_match_context *match_context;
	pcre2_match_data *match_data;
	const struct ph_filter_opts *opts; /* while compiling */
};

/* macros.c */
struct macro {
	char *name, *text;
};

const struct macro *filter_macro_find(const struct ph_macros *m, const char *name, size_t len);
const char *filter_macro_nearest(const struct ph_macros *m, const char *name, size_t len);

/* order.c: the tree with its checks in the order in which they are made; n is used up. */
struct node *filter_order(struct node *n);

int filter_parse(struct ph_filter *f, const char *text, struct ph_parse_error *err);
/* Reads a value's text into the type of lhs. */
int filter_constant(struct ph_filter *f, struct node *check, const char *text, size_t len, size_t pos,
		    struct ph_parse_error *err);
/* After the last constant: sets, event names, needs. */
int filter_finish_check(struct ph_filter *f, struct node *check, bool negated, struct ph_parse_error *err);
bool filter_check(struct ph_filter *f, struct ph_field_ctx *c, const struct node *check);
/* The operators on a value and a constant, without lists. */
bool filter_compare(const struct ph_filter *f, enum op op, const struct ph_value *a, const struct constant *k);
bool filter_glob(const char *pattern, size_t plen, const char *s, size_t slen, bool fold);
uint32_t filter_hash(const struct ph_value *v);
bool filter_equal(const struct ph_value *a, const struct ph_value *b);
int filter_set_build(struct node *check);
const struct constant *filter_set_find(const struct node *check, const struct ph_value *v);
void filter_node_free(struct node *n);
__attribute__((format(printf, 3, 4))) int filter_fail(struct ph_parse_error *err, size_t pos, const char *fmt, ...);
unsigned filter_kind_bit(unsigned kind);

#endif
