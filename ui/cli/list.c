/* SPDX-License-Identifier: Apache-2.0 */
/* The listings: -l and --list-markdown, the fields, and -L, the events. */
#include <string.h>
#include "ui/cli/cli.h"

#define COLUMN 30
#define WIDTH 120

static void wrapped(FILE *out, const char *text, size_t column)
{
	while (*text) {
		size_t word = strcspn(text, " ");

		if (column > COLUMN && column + word >= WIDTH) {
			fprintf(out, "\n%*s", COLUMN, "");
			column = COLUMN;
		}
		column += (size_t)fprintf(out, "%.*s ", (int)word, text);
		text += word + (text[word] == ' ');
	}
	fputc('\n', out);
}

static const char *how(const struct ph_field *f)
{
	if (f->flags & PH_FF_FILTER)
		return "(FILTER ONLY) ";
	return f->flags & PH_FF_PRINT ? "(FORMAT ONLY) " : "";
}

static const char *type_of(const struct ph_field *f)
{
	return f->type == PH_PT_DYN ? "DYNAMIC" : ph_param_type_name(f->type);
}

static void list_field(FILE *out, const struct ph_field *f, bool verbose)
{
	size_t column = COLUMN;

	if (strlen(f->name) < COLUMN)
		fprintf(out, "%-*s", COLUMN, f->name);
	else
		fprintf(out, "%s\n%*s", f->name, COLUMN, "");
	if (verbose)
		column += (size_t)fprintf(out, "(Type: %s) ", type_of(f));
	column += (size_t)fprintf(out, "%s", how(f));
	wrapped(out, f->desc, column);
}

static bool has_shown(const struct ph_field_class *k)
{
	for (size_t f = 0; f < k->count; f++)
		if (!(k->fields[f].flags & PH_FF_HIDDEN))
			return true;
	return false;
}

void cli_list_fields(FILE *out, bool verbose)
{
	const struct ph_field_class *k;

	for (size_t i = 0; (k = ph_field_class(i)); i++) {
		if (!has_shown(k))
			continue;
		fprintf(out, "-------------------------------\n%-*s%s (%s)\n%-*s", COLUMN, "Field Class:", k->name,
			k->what, COLUMN, "Description:");
		wrapped(out, k->desc, COLUMN);
		fputc('\n', out);
		for (size_t f = 0; f < k->count; f++)
			if (!(k->fields[f].flags & PH_FF_HIDDEN))
				list_field(out, &k->fields[f], verbose);
		fputc('\n', out);
	}
}

void cli_list_markdown(FILE *out)
{
	const struct ph_field_class *k;

	for (size_t i = 0; (k = ph_field_class(i)); i++) {
		if (!has_shown(k))
			continue;
		fprintf(out, "%s## Field Class: %s\n\n%s\n\nName | Type | Description\n:----|:-----|:-----------\n",
			i ? "\n" : "", k->name, k->desc);
		for (size_t f = 0; f < k->count; f++)
			if (!(k->fields[f].flags & PH_FF_HIDDEN))
				fprintf(out, "`%s` | %s | %s%s\n", k->fields[f].name, type_of(&k->fields[f]),
					how(&k->fields[f]), k->fields[f].desc);
	}
}

static bool is_listed(const struct ph_event_info *e)
{
	return !(e->flags & (PH_EF_UNUSED | PH_EF_OLD_VERSION)) && (e->category & PH_C_MASK) != PH_C_INTERNAL &&
	       !(e->category & PH_C_ITER) && strcmp(e->name, "NA") != 0;
}

/* Whether row i is the first of its name that is listed: an enter and an exit share a text. */
static bool begins_name(size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (is_listed(ph_event_row(k)) && strcmp(ph_event_row(k)->name, ph_event_row(i)->name) == 0)
			return false;
	return true;
}

static void list_event(FILE *out, const struct ph_event_info *e)
{
	fprintf(out, "%c %s(", PH_IS_EXIT(e->code) ? '<' : '>', e->name);
	for (unsigned p = 0; p < e->nparams; p++)
		fprintf(out, "%s%s %s", p ? ", " : "", ph_param_type_name(e->params[p].type), e->params[p].name);
	fputs(")\n", out);
}

void cli_list_events(FILE *out)
{
	for (size_t i = 0; i < ph_event_count(); i++) {
		const struct ph_event_info *e = ph_event_row(i);
		const char *text = ph_event_text(e->name);

		if (!is_listed(e))
			continue;
		if (text && begins_name(i))
			fprintf(out, "%s: %s\n", e->name, text);
		list_event(out, e);
	}
}
