/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of addresses (fd.sip.name and the like), asked of this host's resolver by a thread and kept. Fields of class fd call it, and
 * only when somebody named one of them.
 */
#ifndef PORTHOLE_RESOLVER_H
#define PORTHOLE_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ph_resolver;

#define PH_HOST_NAME_MAX 256

/* Asks for the name of an address in network order, len 4 or 16; writes it with a NUL and returns its length, 0: it has none. */
typedef size_t ph_resolve_fn(const uint8_t *addr, size_t len, char name[PH_HOST_NAME_MAX]);

/* f NULL: the host's resolver. NULL: no memory, no thread. */
struct ph_resolver *ph_resolver_new(ph_resolve_fn *f);
/* Does not wait for an answer that is on its way. May be NULL. */
void ph_resolver_free(struct ph_resolver *r);

/*
 * The name of an address when it is known by now, copied to name; otherwise 0, and it is asked for in the background. Waits a few
 * milliseconds for the first answers, so that names of the local hosts file are there at once, but for a small share of the time only.
 */
size_t ph_resolver_name(struct ph_resolver *r, const uint8_t *addr, size_t len, char name[PH_HOST_NAME_MAX]);

#endif
