/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSWAP_MACHINE_TSC_H
#define NETSWAP_MACHINE_TSC_H

#include <glib.h>

/*
 * Frequency of this host's time stamp counter in kHz, measured once, for 20 ms.
 * QEMU's TCG hands that counter to its guests as it is (as of 7.2).
 */
guint tsc_khz(void);

#endif
