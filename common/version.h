/* The one place that says which version this is: the program, the library's pkg-config file and
 * the Debian package read it from here. CHANGELOG.md says what each version brought. */
#ifndef TNAS_COMMON_VERSION_H
#define TNAS_COMMON_VERSION_H

#define TNAS_VERSION      "0.1.0"
#define TNAS_VERSION_DATE "November 21, 2026" /* as mdoc(7) wants it */

#endif
