/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Field expressions: a field, or transformers around fields, such as toupper(proc.name) and join("/", proc.name, fd.name).
 * Filters have them on either side of an operator, formats behind a '%'. The same field in several places shares a slot, so
 * it is extracted once an event.
 */
#ifndef PORTHOLE_EXPR_H
#define PORTHOLE_EXPR_H

#include "collector/field/field.h"

struct ph_slot {
	struct ph_field_ref ref;
	uint64_t seq; /* the context's when value was extracted; 0: never */
	bool present;
	struct ph_value value;
};

struct ph_slots {
	struct ph_slot **slots;
	size_t count;
};

void ph_slots_fini(struct ph_slots *s);
/* The union of what the fields need of the capture: enum ph_needs. */
uint32_t ph_slots_needs(const struct ph_slots *s);

struct ph_transformer;

struct ph_expr {
	const struct ph_transformer *transformer; /* NULL: the slot's field, or text */
	struct ph_slot *slot; /* NULL: text or transformer */
	char *text; /* constant; owned */
	size_t len;
	uint8_t type, kind; /* of the value; a list field's elements */
	struct ph_expr **args;
	size_t nargs;
};

struct ph_parse_error {
	size_t pos; /* offset in the text */
	const char *text; /* a macro's text that pos is in; NULL: the text that was given */
	char message[256];
};

#define PH_EXPR_DEPTH 32

/*
 * Reads an expression at text[*at] and moves *at behind it. 0 or a negative errno with *err filled in. The text ends with a
 * NUL. The slot belongs to s.
 */
int ph_expr_parse(struct ph_expr **out, struct ph_slots *s, const char *text, size_t *at, struct ph_parse_error *err);
void ph_expr_free(struct ph_expr *x);

/* Whether a transformer's name and '(' stand at text. */
bool ph_expr_begins_transformer(const char *text);

/* enum ph_field_flag of all fields in it together, and PH_FF_MADE when a transformer makes text. */
unsigned ph_expr_flags(const struct ph_expr *x);
/* The last of enum ph_field_of that a field in it is of. */
enum ph_field_of ph_expr_of(const struct ph_expr *x);

bool ph_slot_fill(struct ph_field_ctx *c, struct ph_slot *slot);
bool ph_expr_transform(struct ph_field_ctx *c, const struct ph_expr *x, struct ph_value *v);

/*
 * The value, or NULL when the event has none; room is for one that no slot has. Where it is looked at for a few bytes this is quicker
 * than a copy: reading all of what was just written piece by piece, the processor would wait until the pieces are in memory.
 */
static inline const struct ph_value *ph_expr_value(struct ph_field_ctx *c, const struct ph_expr *x,
						   struct ph_value *room)
{
	if (!x->slot)
		return ph_expr_transform(c, x, room) ? room : NULL;
	if (x->slot->seq != c->seq)
		ph_slot_fill(c, x->slot);
	return x->slot->present ? &x->slot->value : NULL;
}

static inline bool ph_expr_get(struct ph_field_ctx *c, const struct ph_expr *x, struct ph_value *v)
{
	if (!x->slot)
		return ph_expr_transform(c, x, v);
	if (x->slot->seq != c->seq)
		ph_slot_fill(c, x->slot);
	*v = x->slot->value;
	return x->slot->present;
}

#endif
