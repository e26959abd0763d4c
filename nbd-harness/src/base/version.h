/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSWAP_BASE_VERSION_H
#define NETSWAP_BASE_VERSION_H

#define NETSWAP_VERSION "0.1.0"

#endif
