; Lanspread.exe: starts the Node of the current version without a console window, and ends when it does.
; 32-bit programs are not everywhere (a 64-bit Wine has none), so it is a 64-bit one.
Unicode true
Target amd64-unicode
SetCompressor lzma
Name "Lanspread"
OutFile "@OUT@"
Icon "@ICON@"
RequestExecutionLevel user
SilentInstall silent
VIProductVersion "@VERSION@.0"
VIAddVersionKey "ProductName" "Lanspread"
VIAddVersionKey "FileDescription" "Lanspread"
VIAddVersionKey "FileVersion" "@VERSION@"
VIAddVersionKey "LegalCopyright" "MIT license"

!include "FileFunc.nsh"
!include "TextFunc.nsh"

!define CREATE_NO_WINDOW 0x08000000
!define SIZE_OF_STARTUPINFO 104
!define SIZE_OF_PROCESS_INFORMATION 24
!define INFINITE 0xFFFFFFFF

Section
  ClearErrors
  FileOpen $0 "$EXEDIR\current" r
  IfErrors incomplete
next:
  FileRead $0 $1
  IfErrors incomplete
  ${TrimNewLines} $1 $1
  StrCpy $2 "$EXEDIR\versions\$1\@NODE@"
  IfFileExists $2 0 next
  FileClose $0
  ${GetParameters} $3
  StrCpy $4 '"$2" "$EXEDIR\boot\boot.mjs" $3'
  System::Alloc ${SIZE_OF_STARTUPINFO}
  Pop $5
  System::Call '*$5(i ${SIZE_OF_STARTUPINFO})'
  System::Alloc ${SIZE_OF_PROCESS_INFORMATION}
  Pop $6
  System::Call 'kernel32::CreateProcessW(p 0, w r4, p 0, p 0, i 0, i ${CREATE_NO_WINDOW}, p 0, p 0, p r5, p r6) i .r7'
  IntCmp $7 0 incomplete
  System::Call '*$6(p .r8)'
  System::Call 'kernel32::WaitForSingleObject(p r8, i ${INFINITE})'
  System::Call 'kernel32::GetExitCodeProcess(p r8, *i .r9)'
  SetErrorLevel $9
  Goto done
incomplete:
  SetErrorLevel 1
  MessageBox MB_OK|MB_ICONSTOP "Lanspread is not complete in $EXEDIR. Install it again."
done:
SectionEnd
