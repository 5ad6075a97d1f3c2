/* SPDX-License-Identifier: Apache-2.0 */
/* For what opens an inspector over a source of its own: other files of the collector and its tests. */
#ifndef PORTHOLE_INSPECTOR_INTERNAL_H
#define PORTHOLE_INSPECTOR_INTERNAL_H

#include "collector/inspector.h"
#include "collector/source/source.h"

/* Takes the source over, in failure too. Otherwise as ph_inspector_open_live(). */
int ph_inspector_open_source(struct ph_inspector **out, struct ph_source *source, const struct ph_inspector_opts *opts,
			     char *err, size_t errlen);

#endif
