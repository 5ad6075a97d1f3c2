/* SPDX-License-Identifier: Apache-2.0 */
/* Words for the completion scripts of shells (ui/completion): a line each, a tab, what it is. */
#include <string.h>
#include "ui/cli/cli.h"

static void fields(FILE *out)
{
	const struct ph_field_class *k;

	for (size_t i = 0; (k = ph_field_class(i)); i++)
		for (size_t f = 0; f < k->count; f++)
			if (!(k->fields[f].flags & PH_FF_HIDDEN))
				fprintf(out, "%s\t%s\n", k->fields[f].name, k->fields[f].desc);
}

/* Each name once: events come in pairs and in versions of the same name, which need not stand side by side. */
static bool named_before(size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (strcmp(ph_event_row(i)->name, ph_event_row(row)->name) == 0)
			return true;
	return false;
}

static bool is_event_name(const char *name)
{
	for (size_t i = 0; i < ph_event_count(); i++)
		if (strcmp(ph_event_row(i)->name, name) == 0)
			return true;
	return false;
}

static void events(FILE *out)
{
	for (size_t i = 0; i < ph_event_count(); i++) {
		const struct ph_event_info *e = ph_event_row(i);

		if (!(e->flags & PH_EF_UNUSED) && strcmp(e->name, "NA") != 0 && !named_before(i))
			fprintf(out, "%s\t%s\n", e->name,
				e->category & PH_C_SYSCALL ? "system call" : "event of the kernel or of the capture");
	}
	for (size_t i = 0; i < PH_SC_COUNT; i++)
		if (!is_event_name(ph_syscall_row(i)->name))
			fprintf(out, "%s\tsystem call\n", ph_syscall_row(i)->name);
}

static const struct {
	const char *what;
	void (*list)(FILE *out);
} lists[] = {
	{ "fields", fields },
	{ "events", events },
	{ "options", cli_complete_options },
};

int cli_complete(FILE *out, const char *what)
{
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		if (strcmp(lists[i].what, what) != 0)
			continue;
		lists[i].list(out);
		return 0;
	}
	return -1;
}
