// SPDX-License-Identifier: GPL-2.0-only
#include "base/version.h"

const char *netswap_revision = "unknown";
